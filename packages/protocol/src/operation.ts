import { EVENTS, type EventId } from './event.ts';

/**
 * What the cloud can ask of an agent. One closed table: a new operation is a row here, not a second pipeline.
 * `code` is the first byte of the request body (docs/protocol.md, "Request body").
 */
export const OPERATIONS = {
  reset: {
    code: 1,
    password: 'new',
    started: EVENTS.resetStarted,
    succeeded: EVENTS.resetSucceeded,
    failed: EVENTS.resetFailed,
  },
  change: {
    code: 2,
    password: 'new and current',
    started: EVENTS.changeStarted,
    succeeded: EVENTS.changeSucceeded,
    failed: EVENTS.changeFailed,
  },
  unlock: {
    code: 3,
    password: 'none',
    started: EVENTS.resetStarted,
    succeeded: EVENTS.resetSucceeded,
    failed: EVENTS.resetFailed,
  },
  verify: {
    code: 4,
    password: 'current',
    started: EVENTS.credentialObtained,
    succeeded: EVENTS.credentialObtained,
    failed: EVENTS.credentialError,
  },
  dryRun: {
    code: 5,
    password: 'none',
    started: EVENTS.resetStarted,
    succeeded: EVENTS.resetSucceeded,
    failed: EVENTS.resetFailed,
  },
  adminReset: {
    code: 6,
    password: 'new',
    started: EVENTS.adminResetStarted,
    succeeded: EVENTS.adminResetSucceeded,
    failed: EVENTS.adminResetFailed,
  },
} as const satisfies Record<string, OperationRow>;

type OperationRow = {
  code: number;
  /** which passwords the inner envelope carries */
  password: 'none' | 'new' | 'current' | 'new and current';
  started: EventId;
  succeeded: EventId;
  failed: EventId;
};

export type Operation = keyof typeof OPERATIONS;

const BY_CODE = new Map(
  Object.entries(OPERATIONS).map(([name, row]) => [row.code as number, name as Operation]),
);

/** The operation with this code, or undefined for a code that this version does not know. */
export function operationOfCode(code: number): Operation | undefined {
  return BY_CODE.get(code);
}

/** Bits of the request body's second byte. Unknown bits are refused. */
export const FLAGS = { mustChange: 1, unlockToo: 2, sealedByCloud: 4 } as const;
export const KNOWN_FLAGS = FLAGS.mustChange | FLAGS.unlockToo | FLAGS.sealedByCloud;
