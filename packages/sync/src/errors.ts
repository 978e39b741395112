/** Faults of the sync engine. Codes are stable; messages are for operators. */
export type SyncErrorCode =
  | 'ERR_SYNC_CONFIGURATION'
  | 'ERR_SYNC_UNKNOWN_FOREST'
  | 'ERR_SYNC_STORE_INCONSISTENT'
  | 'ERR_SYNC_NOTHING_HELD';

export class SyncError extends Error {
  readonly code: SyncErrorCode;

  constructor(code: SyncErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SyncError';
    this.code = code;
  }
}
