import type { Selectable } from 'kysely';
import type { Database } from '../store/database.ts';
import type { AgentKeyTable, AgentTable } from './tables.ts';

export type GenerationRow = Omit<Selectable<AgentKeyTable>, 'agentId' | 'state'> & {
  state: AgentKeyTable['state'] | 'current';
};

export type AgentRows = { agent: Selectable<AgentTable>; generations: GenerationRow[] };

/** Every active agent with all its key generations, the current one first, then the newest. */
export async function readAgentRows(database: Database): Promise<AgentRows[]> {
  const [agents, others] = await Promise.all([
    database.selectFrom('agent').selectAll().where('status', '=', 'active').execute(),
    database.selectFrom('agentKey').selectAll().orderBy('number', 'desc').execute(),
  ]);
  return agents.map((agent) => ({
    agent,
    generations: [currentOf(agent), ...others.filter(({ agentId }) => agentId === agent.id)],
  }));
}

function currentOf(agent: Selectable<AgentTable>): GenerationRow {
  const { identityKey, passwordKey, packageKeyId, packageKeySealed, keyGeneration } = agent;
  return {
    ...{ number: keyGeneration, state: 'current', sealableUntil: null },
    ...{ identityKey, passwordKey, packageKeyId, packageKeySealed },
    madeAt: agent.keysMadeAt ?? agent.enrolledAt,
  };
}
