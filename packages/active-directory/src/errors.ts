/** Faults of this package. Expected results (refusals, an unreachable directory on a write) are outcomes instead. */
export type DirectoryErrorCode =
  /** the settings cannot work; the message lists every problem by path */
  | 'ERR_DIRECTORY_SETTINGS'
  /** used after `close()` */
  | 'ERR_DIRECTORY_CLOSED'
  /** a read found no controller; carries the failure (`ConnectionFailure`) */
  | 'ERR_DIRECTORY_UNAVAILABLE'
  /** a controller refused a read; carries its numbers (`LdapRefusal`) */
  | 'ERR_DIRECTORY_REFUSED'
  /** a connection ended, or its time limit passed, before the answer (`ConnectionLost`) */
  | 'ERR_DIRECTORY_CONNECTION_LOST'
  /** bytes from the directory do not have the layout that its specification gives */
  | 'ERR_DIRECTORY_DATA';

export class DirectoryError extends Error {
  readonly code: DirectoryErrorCode;

  constructor(code: DirectoryErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'DirectoryError';
    this.code = code;
  }
}

/**
 * A controller's answer other than success, as numbers. `text` is the controller's own sentence: for a debug
 * log, never for a decision.
 */
export class LdapRefusal extends DirectoryError {
  /** LDAP result code, RFC 4511 section 4.1.9 */
  readonly result: number;
  /** Win32 code in front of the diagnostic message, [MS-ADTS] 3.1.1.3.1.9; absent where the controller sends none */
  readonly adCode: number | undefined;
  /** the hexadecimal `data` of a refused bind, as a number */
  readonly bindData: number | undefined;
  readonly text: string;
  readonly request: 'bind' | 'search' | 'modify' | undefined;

  constructor(
    result: number,
    text: string,
    options?: { request?: 'bind' | 'search' | 'modify'; cause?: unknown },
  ) {
    const adCode = /^([0-9a-f]{8})(?::|$)/i.exec(text)?.[1];
    const bindData = /, data ([0-9a-f]{1,8})(?:,|\s|$)/i.exec(text)?.[1];
    super(
      'ERR_DIRECTORY_REFUSED',
      `The controller answered ${result}${adCode ? `/${adCode}` : ''}.`,
      options,
    );
    this.name = 'LdapRefusal';
    this.result = result;
    this.adCode = adCode === undefined ? undefined : Number.parseInt(adCode, 16);
    this.bindData = bindData === undefined ? undefined : Number.parseInt(bindData, 16);
    this.text = text;
    this.request = options?.request;
  }
}

/**
 * No answer came. `sent` false means that no byte of the request left: nothing can have happened. `sent` true
 * says nothing about the controller, which finishes what it has received.
 */
export class ConnectionLost extends DirectoryError {
  readonly why: 'closed' | 'timeout';
  readonly sent: boolean;

  constructor(why: 'closed' | 'timeout', sent: boolean, options?: { cause?: unknown }) {
    super(
      'ERR_DIRECTORY_CONNECTION_LOST',
      why === 'timeout'
        ? 'The controller did not answer in time.'
        : 'The connection to the controller ended.',
      options,
    );
    this.name = 'ConnectionLost';
    this.why = why;
    this.sent = sent;
  }
}
