export type AgentErrorCode =
  | 'ERR_CONFIG_INVALID'
  | 'ERR_NOT_ENROLLED'
  | 'ERR_ALREADY_ENROLLED'
  | 'ERR_ENROLMENT_REFUSED'
  /** the cloud does not end this agent's enrolment: no key was touched */
  | 'ERR_DISABLE_REFUSED'
  /** no agent with this fingerprint was admitted: the message says why */
  | 'ERR_ADMISSION_REFUSED'
  | 'ERR_CLOUD_UNREACHABLE'
  | 'ERR_CREDENTIAL_REFUSED'
  /** the HTTP proxy of the configuration does not answer */
  | 'ERR_PROXY_UNREACHABLE'
  /** the HTTP proxy asks for a user name and a password, or does not take those of the configuration */
  | 'ERR_PROXY_CREDENTIALS'
  /** the HTTP proxy answers, but does not connect to the cloud */
  | 'ERR_PROXY_REFUSED'
  | 'ERR_KEYS_MISSING'
  /** a second machine runs with a copy of this state folder: stop one, then let the other in again at the cloud */
  | 'ERR_AGENT_CLONED'
  /** the cloud does not take what this agent states about its keys, and its message says why */
  | 'ERR_KEYS_REFUSED'
  | 'ERR_ALREADY_RUNNING'
  /** a question was answered by Ctrl-C, or nobody was there to answer */
  | 'ERR_INTERRUPTED'
  /** the administrator's account could not change permissions: the message says why, and what was done before */
  | 'ERR_PERMISSION_DENIED';

/** A fault that ends a command or a step. `message` is for operators and says what to do next. */
export class AgentError extends Error {
  readonly code: AgentErrorCode;

  constructor(code: AgentErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'AgentError';
    this.code = code;
  }
}
