/** Faults of the cloud. Expected results are values; these are thrown, and an operator has to act. */
export type CloudErrorCode =
  | 'ERR_CONFIG_INVALID'
  | 'ERR_MASTER_KEY_UNREADABLE'
  | 'ERR_MASTER_KEY_WRONG'
  | 'ERR_SEALED_TEXT_INVALID'
  | 'ERR_STORE_IN_USE'
  /** the file of the store cannot be opened, or is damaged: restore a backup */
  | 'ERR_STORE_UNUSABLE'
  | 'ERR_STORE_MIGRATION_CHANGED'
  | 'ERR_STORE_NEWER'
  | 'ERR_LISTEN_FAILED'
  | 'ERR_CLOUD_NOT_RUNNING'
  /** the running cloud did not carry out a command: the message says why, and nothing was changed */
  | 'ERR_COMMAND_REFUSED'
  /** a question was answered by Ctrl-C, or nobody was there to answer: nothing was changed */
  | 'ERR_INTERRUPTED'
  /** the file for a backup is there already, or cannot be written: no half backup is left behind */
  | 'ERR_BACKUP_FAILED'
  /** the file to restore from cannot be read, is damaged, or is no store of Homeward: nothing was replaced */
  | 'ERR_BACKUP_UNREADABLE'
  /** a restore broke off, by a full disk for example: nothing was replaced, and it can be run again */
  | 'ERR_RESTORE_FAILED';

export class CloudError extends Error {
  override readonly name = 'CloudError';
  readonly code: CloudErrorCode;

  constructor(code: CloudErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
