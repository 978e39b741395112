/** Faults of the cloud. Expected results are values; these are thrown, and an operator has to act. */
export type CloudErrorCode =
  | 'ERR_CONFIG_INVALID'
  | 'ERR_MASTER_KEY_UNREADABLE'
  | 'ERR_MASTER_KEY_WRONG'
  | 'ERR_SEALED_TEXT_INVALID'
  | 'ERR_STORE_IN_USE'
  | 'ERR_STORE_MIGRATION_CHANGED'
  | 'ERR_STORE_NEWER'
  | 'ERR_LISTEN_FAILED'
  | 'ERR_CLOUD_NOT_RUNNING';

export class CloudError extends Error {
  override readonly name = 'CloudError';
  readonly code: CloudErrorCode;

  constructor(code: CloudErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
