/** Who may provision: an enrolled agent, for the forests that it was enrolled with (SIDs), and no other. */
export type ScimCaller = { agentId: string; tenantId: string; forests: readonly string[] };

export type AgentTokens = {
  /** Undefined for a token that is unknown, expired, revoked or made for something else. */
  verify(token: string): Promise<ScimCaller | undefined>;
};
