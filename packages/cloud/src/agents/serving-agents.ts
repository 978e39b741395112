/** Which agents can take a request for a person: those of the person's forest that can be reached. */
import { MAX_RECIPIENTS } from '@homeward/protocol/inner-envelope';
import { type Agent, type AgentRegistry, generationOfRecipient } from './agent-registry.ts';

export type ServingAgents = {
  /** At most two, which is what an envelope has room for. */
  of: (personId: string) => Promise<Agent[]>;
  /** Those that can open what is sealed to these. */
  among: (recipients: readonly { agentId: string; keyId: string }[]) => Agent[];
};

export type ServingAgentsDeps = {
  registry: AgentRegistry;
  tenantId: string;
  /** and is not about to leave */
  isConnected: (agentId: string) => boolean;
  /** SID of the forest that a person belongs to */
  forestOf: (personId: string) => Promise<string | undefined>;
  log: { warn: (fields: object, message: string) => void };
};

export function servingAgents(deps: ServingAgentsDeps): ServingAgents {
  const { registry, tenantId, isConnected, forestOf, log } = deps;
  return {
    async of(personId) {
      const forest = await forestOf(personId);
      const agents = registry
        .of(tenantId)
        .filter(({ id, forests }) => isConnected(id) && forests.some(({ sid }) => sid === forest));
      if (agents.length === 0)
        log.warn({ person: personId, forest }, 'no agent of the person’s forest is connected');
      return agents.slice(0, MAX_RECIPIENTS);
    },
    among: (recipients) =>
      recipients.flatMap(({ agentId, keyId }) => {
        const agent = registry.get(agentId);
        const isUsable = agent && generationOfRecipient(agent, keyId) && isConnected(agentId);
        return isUsable ? [agent] : [];
      }),
  };
}
