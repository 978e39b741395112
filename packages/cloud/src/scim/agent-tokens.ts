/** Who may provision: an enrolled agent, for its own forest. */
export type ScimCaller = { agentId: string; tenantId: string; forestSid: string };

export type AgentTokens = {
  /** Undefined for a token that is unknown, expired, revoked or made for something else. */
  verify(token: string): Promise<ScimCaller | undefined>;
};
