export type AgentErrorCode =
  | 'ERR_CONFIG_INVALID'
  | 'ERR_NOT_ENROLLED'
  | 'ERR_ALREADY_ENROLLED'
  | 'ERR_ENROLMENT_REFUSED'
  | 'ERR_CLOUD_UNREACHABLE'
  | 'ERR_CREDENTIAL_REFUSED'
  | 'ERR_KEYS_MISSING'
  | 'ERR_ALREADY_RUNNING';

/** A fault that ends a command or a step. `message` is for operators and says what to do next. */
export class AgentError extends Error {
  readonly code: AgentErrorCode;

  constructor(code: AgentErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'AgentError';
    this.code = code;
  }
}
