/** What the agent logs through; pino satisfies it. `event` in the fields is an event id of the protocol. */
export type AgentLog = {
  debug: (fields: object, message: string) => void;
  info: (fields: object, message: string) => void;
  warn: (fields: object, message: string) => void;
  error: (fields: object, message: string) => void;
};
