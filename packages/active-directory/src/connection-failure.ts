import type { Outcome, OutcomeKind } from '@homeward/protocol/outcome';
import type { Diagnosis } from './diagnosis.ts';
import { DnsError } from './dns-query.ts';
import { ConnectionLost, DirectoryError, LdapRefusal } from './errors.ts';

/**
 * Why there is no usable connection, and the outcome that it makes of an operation. Together with
 * `directory-answer.ts` the only place where failures are classified: by code, never by sentence.
 */
export const CONNECTION_FAILURES = {
  nameUnknown: 'directoryUnreachable',
  dnsSilent: 'directoryUnreachable',
  connectionRefused: 'directoryUnreachable',
  networkUnreachable: 'directoryUnreachable',
  noAnswerInTime: 'directoryUnreachable',
  connectionEnded: 'directoryUnreachable',
  /** found, but `fSMORoleOwner` names another one, which cannot be reached either */
  notTheEmulator: 'directoryUnreachable',
  readOnlyController: 'directoryUnreachable',
  tlsFailed: 'directoryNotTrusted',
  certificateExpired: 'directoryNotTrusted',
  certificateNotYetValid: 'directoryNotTrusted',
  certificateWrongName: 'directoryNotTrusted',
  certificateUnknownAuthority: 'directoryNotTrusted',
  certificateRefused: 'directoryNotTrusted',
  accountOrPasswordWrong: 'serviceAccountRefused',
  accountUnknown: 'serviceAccountRefused',
  accountDisabled: 'serviceAccountRefused',
  accountExpired: 'serviceAccountRefused',
  accountLocked: 'serviceAccountRefused',
  accountPasswordExpired: 'serviceAccountRefused',
  accountMustChangePassword: 'serviceAccountRefused',
  accountLogonRestricted: 'serviceAccountRefused',
  bindRefused: 'serviceAccountRefused',
  /** bound, but it does not show its own root and domain head */
  readsRefused: 'directoryRefused',
} as const satisfies Record<string, OutcomeKind>;

export type ConnectionFailureReason = keyof typeof CONNECTION_FAILURES;

/** A controller that could not be used. Carries what an operator needs to mend it. */
export class ConnectionFailure extends DirectoryError {
  readonly reason: ConnectionFailureReason;
  readonly controller: string | undefined;

  constructor(reason: ConnectionFailureReason, controller: string | undefined, cause?: unknown) {
    const where = controller === undefined ? '' : ` (${controller})`;
    super('ERR_DIRECTORY_UNAVAILABLE', `The directory cannot be used: ${reason}${where}.`, { cause });
    this.name = 'ConnectionFailure';
    this.reason = reason;
    this.controller = controller;
  }
}

const BY_NODE_CODE: Readonly<Record<string, ConnectionFailureReason>> = {
  ENOTFOUND: 'nameUnknown',
  ESERVFAIL: 'dnsSilent',
  ETIMEOUT: 'dnsSilent',
  ECONNREFUSED: 'connectionRefused',
  EHOSTUNREACH: 'networkUnreachable',
  ENETUNREACH: 'networkUnreachable',
  EADDRNOTAVAIL: 'networkUnreachable',
  ETIMEDOUT: 'noAnswerInTime',
  ECONNRESET: 'connectionEnded',
  EPIPE: 'connectionEnded',
  EPROTO: 'tlsFailed',
  CERT_HAS_EXPIRED: 'certificateExpired',
  CERT_NOT_YET_VALID: 'certificateNotYetValid',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificateWrongName',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificateUnknownAuthority',
  UNABLE_TO_GET_ISSUER_CERT: 'certificateUnknownAuthority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificateUnknownAuthority',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificateUnknownAuthority',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificateUnknownAuthority',
  CERT_UNTRUSTED: 'certificateUnknownAuthority',
};

/** The `data` of error 49: Win32 codes, in hexadecimal in the answer ([MS-ERREF] 2.2). */
const BY_BIND_DATA: Readonly<Record<number, ConnectionFailureReason>> = {
  1317: 'accountUnknown',
  1326: 'accountOrPasswordWrong',
  1328: 'accountLogonRestricted',
  1329: 'accountLogonRestricted',
  1330: 'accountPasswordExpired',
  1331: 'accountDisabled',
  1793: 'accountExpired',
  1907: 'accountMustChangePassword',
  1909: 'accountLocked',
};

const INVALID_CREDENTIALS = 49;

/** Whatever finding, connecting, verifying or binding threw, as one reason; anything else is thrown on. */
export function connectionFailureOf(error: unknown, controller: string | undefined): ConnectionFailure {
  if (error instanceof ConnectionFailure) return error;
  const reason = reasonOf(error);
  if (reason === undefined) throw error;
  return new ConnectionFailure(reason, controller, error);
}

function reasonOf(error: unknown): ConnectionFailureReason | undefined {
  if (error instanceof ConnectionLost) return error.why === 'timeout' ? 'noAnswerInTime' : 'connectionEnded';
  if (error instanceof LdapRefusal) {
    if (error.result !== INVALID_CREDENTIALS)
      return error.request === 'bind' ? 'bindRefused' : 'readsRefused';
    return BY_BIND_DATA[error.bindData ?? 0] ?? 'accountOrPasswordWrong';
  }
  if (error instanceof DnsError) return BY_NODE_CODE[error.code];
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  const known = BY_NODE_CODE[error.code];
  if (known) return known;
  if (error.code.startsWith('ERR_SSL_') || error.code.startsWith('ERR_TLS_')) return 'tlsFailed';
  // OpenSSL's other verification results carry their own names, and Node adds no common mark to them.
  return /^[A-Z_]*(CERT|CRL|CHAIN|PURPOSE|CA|SIGNATURE)[A-Z_]*$/.test(error.code)
    ? 'certificateRefused'
    : undefined;
}

/** The outcome for an operation that this failure kept from starting. Nothing was written. */
export function outcomeOfFailure(failure: ConnectionFailure): Outcome & { diagnosis: Diagnosis } {
  return {
    kind: CONNECTION_FAILURES[failure.reason],
    evidence: { kind: 'none' },
    diagnosis: {
      reason: failure.reason,
      ...(failure.controller === undefined ? {} : { controller: failure.controller }),
    },
  };
}
