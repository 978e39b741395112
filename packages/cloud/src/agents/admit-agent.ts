/**
 * A forest's further agents: each would be a recipient of everybody's new password, so an enrolment alone does not
 * make one (RFC 8628 section 5.4: whoever is talked into approving a code gives away no more than a place to wait).
 */
import type { EnrolledForest, WaitingAgent } from '@homeward/protocol/enrolment';
import { z } from 'zod';
import type { Database } from '../store/database.ts';
import { type AssertionDeps, claimedAgentId, verifyAssertion } from './agent-assertion.ts';
import { tellOfAgent } from './agent-news.ts';
import type { Agent, AgentRegistry } from './agent-registry.ts';
import { sidsOf } from './forest-standing.ts';

export type AdmitDeps = AssertionDeps & {
  database: Database;
  registry: AgentRegistry;
  issuer: string;
  tenant: { id: string };
};

export type AdmissionTable = {
  agentId: string;
  byKind: 'agent' | 'administrator';
  byId: string;
  /** of an agent: the assertion by which it said so */
  proof: string | null;
  admittedAt: number;
};

/** different administrators who must say so where no agent does */
export const ADMINISTRATORS_NEEDED = 2;

export type Refused = { kind: 'refused'; status: 401 | 404 | 409; description: string };

/** `POST /agents/waiting`: the agents that this agent may admit. */
export async function listWaiting(
  deps: AdmitDeps,
  assertion: string,
): Promise<{ kind: 'listed'; agents: WaitingAgent[] } | Refused> {
  const asserted = await assertedBy(deps, assertion, 'waiting');
  if (asserted.kind === 'refused') return asserted;
  return { kind: 'listed', agents: await waitingFor(deps.database, asserted.agent) };
}

const admitClaims = z.object({ admits: z.string() });

/**
 * `POST /agents/admit`: the assertion names, in `admits`, the identity key of the agent that it admits. The key and
 * not an id: a cloud that lies about who waits cannot have another one admitted.
 */
export async function admitByAgent(
  deps: AdmitDeps,
  assertion: string,
): Promise<{ kind: 'admitted'; agentId: string; name: string } | Refused> {
  const asserted = await assertedBy(deps, assertion, 'admit');
  if (asserted.kind === 'refused') return asserted;
  const claims = admitClaims.safeParse(asserted.payload);
  const waiting = await waitingFor(deps.database, asserted.agent);
  const found = waiting.find(({ identityKey }) => identityKey === claims.data?.admits);
  if (found === undefined) {
    const description = 'no agent with this key waits for a forest that this agent serves';
    return { kind: 'refused', status: 404, description };
  }
  const { agentId, name } = found;
  const { tenant, clock } = deps;
  const now = clock();
  const by = asserted.agent.id;
  const admitted = await deps.database.transaction().execute(async (transaction) => {
    if (!(await activate(transaction, { agentId, tenantId: tenant.id, now, by }))) return false;
    await record(transaction, { agentId, byKind: 'agent', byId: by, proof: assertion, admittedAt: now });
    return true;
  });
  if (!admitted) return { kind: 'refused', status: 409, description: 'it was admitted or revoked just now' };
  await deps.registry.refresh();
  return { kind: 'admitted', agentId, name };
}

export type Approval = 'admitted' | 'oneMore' | 'approvedBefore' | 'notWaiting';

/** One administrator's word; the second of two different ones admits. */
export async function admitByAdministrator(
  deps: AdmitDeps,
  agentId: string,
  administratorId: string,
): Promise<Approval> {
  const { database, tenant, clock } = deps;
  const approval = await database.transaction().execute(async (transaction): Promise<Approval> => {
    const agent = await transaction
      .selectFrom('agent')
      .select('status')
      .where('id', '=', agentId)
      .where('tenantId', '=', tenant.id)
      .executeTakeFirst();
    if (agent?.status !== 'pending') return 'notWaiting';
    const by = await approversOf(transaction, agentId);
    if (by.includes(administratorId)) return 'approvedBefore';
    const now = clock();
    await record(transaction, {
      ...{ agentId, byKind: 'administrator', byId: administratorId, proof: null, admittedAt: now },
    });
    if (by.length + 1 < ADMINISTRATORS_NEEDED) return 'oneMore';
    await activate(transaction, { agentId, tenantId: tenant.id, now, by: administratorId });
    return 'admitted';
  });
  if (approval === 'admitted') await deps.registry.refresh();
  return approval;
}

/** The administrators who approved, and may still sign in: whoever was disabled since no longer counts. */
export async function approversOf(database: Database, agentId: string): Promise<string[]> {
  const rows = await database
    .selectFrom('agentAdmission')
    .innerJoin('administrator', 'administrator.id', 'agentAdmission.byId')
    .select('agentAdmission.byId as id')
    .where('agentAdmission.agentId', '=', agentId)
    .where('agentAdmission.byKind', '=', 'administrator')
    .where('administrator.disabledAt', 'is', null)
    .execute();
  return rows.map(({ id }) => id);
}

export async function record(transaction: Database, admission: AdmissionTable): Promise<void> {
  await transaction.insertInto('agentAdmission').values(admission).execute();
}

/** @returns false where it does not wait any more */
async function activate(
  transaction: Database,
  { agentId, tenantId, now, by }: { agentId: string; tenantId: string; now: number; by: string },
): Promise<boolean> {
  const { numUpdatedRows } = await transaction
    .updateTable('agent')
    .set({ status: 'active', statusSince: now })
    .where('id', '=', agentId)
    .where('status', '=', 'pending')
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return false;
  await tellOfAgent(transaction, { tenantId, agentId, now, news: 'active', by });
  return true;
}

/** All of its forests must be served by the agent that admits: nobody speaks for a forest that is not theirs. */
async function waitingFor(database: Database, agent: Agent): Promise<WaitingAgent[]> {
  const served = new Set(agent.forests.map(({ sid }) => sid));
  const rows = await database
    .selectFrom('agent')
    .selectAll()
    .where('tenantId', '=', agent.tenantId)
    .where('status', '=', 'pending')
    .orderBy('enrolledAt')
    .execute();
  return rows
    .filter(({ forests }) => sidsOf(forests).every((sid) => served.has(sid)))
    .map(({ id, name, forests, identityKey }) => ({
      ...{ agentId: id, name, identityKey },
      forests: JSON.parse(forests) as EnrolledForest[],
    }));
}

async function assertedBy(deps: AdmitDeps, assertion: string, verb: 'waiting' | 'admit') {
  const agent = deps.registry.get(claimedAgentId(assertion));
  if (agent === undefined) {
    const description = 'only an agent that serves a forest already may admit another one';
    return { kind: 'refused', status: 401, description } as const;
  }
  const expected = {
    subject: agent.id,
    keys: agent.generations,
    audience: `${deps.issuer}/agents/${verb}`,
  };
  const asserted = await verifyAssertion(deps, assertion, expected);
  return asserted.kind === 'refused' ? { ...asserted, status: 401 as const } : { ...asserted, agent };
}
