export type SyncRunErrorCode =
  /** sync.db cannot be opened or is not a sync store */
  | 'ERR_SYNC_STORE_UNUSABLE'
  /** sync.db was written by a later version of the agent */
  | 'ERR_SYNC_STORE_NEWER'
  /** the cloud answered in a way that no SCIM 2.0 service provider does */
  | 'ERR_SYNC_CLOUD_ANSWER'
  /** the cloud refuses the whole request, not single operations */
  | 'ERR_SYNC_CLOUD_REFUSED';

/** A fault that ends a synchronisation run; the next one picks up where it ended. */
export class SyncRunError extends Error {
  readonly code: SyncRunErrorCode;

  constructor(code: SyncRunErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SyncRunError';
    this.code = code;
  }
}
