/** Every way in which bytes from outside can be refused. Codes are stable; messages are for operators. */
export type ProtocolErrorCode =
  | 'ERR_FRAME_SIZE'
  | 'ERR_FRAME_VERSION'
  | 'ERR_FRAME_TYPE'
  | 'ERR_FRAME_TIME'
  | 'ERR_PACKAGE_VERSION'
  | 'ERR_PACKAGE_SUITE'
  | 'ERR_PACKAGE_KEY'
  | 'ERR_PACKAGE_OPEN'
  | 'ERR_REQUEST_MALFORMED'
  | 'ERR_CONTROL_MALFORMED'
  | 'ERR_REPORT_MALFORMED'
  /** a statement about keys whose bytes do not have the layout of this version */
  | 'ERR_STATEMENT_MALFORMED'
  /** new keys of an agent that are not signed by its old and its new identity */
  | 'ERR_STATEMENT_SIGNATURE'
  | 'ERR_ENVELOPE_OPEN'
  | 'ERR_REPLY_MALFORMED'
  | 'ERR_REPLY_SIGNATURE';

export class ProtocolError extends Error {
  readonly code: ProtocolErrorCode;

  constructor(code: ProtocolErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ProtocolError';
    this.code = code;
  }
}
