export type LabErrorCode =
  | 'ERR_LAB_ADDRESS_FORBIDDEN'
  | 'ERR_LAB_ADDRESS_TAKEN'
  | 'ERR_LAB_BUSY'
  | 'ERR_LAB_COMMAND_FAILED'
  | 'ERR_LAB_FILE_INVALID'
  | 'ERR_LAB_FILE_MISSING'
  | 'ERR_LAB_NOT_ROOT'
  | 'ERR_LAB_PACKAGES_MISSING'
  | 'ERR_LAB_PORT_TAKEN'
  | 'ERR_LAB_SAMBA_MISSING'
  | 'ERR_LAB_START_FAILED'
  | 'ERR_LAB_UNKNOWN_FOREST';

/** A lab that cannot be made, started or read. The message is a sentence for the person at the terminal. */
export class LabError extends Error {
  override readonly name = 'LabError';
  readonly code: LabErrorCode;

  constructor(code: LabErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
