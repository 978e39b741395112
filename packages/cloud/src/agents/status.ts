/**
 * Whether passwords can be written, told from what was tried just now. A forest is up when an agent that serves it
 * answered a probe in the last minutes, by way of relay, agent and directory; else the link that is broken is named.
 */
import type { EnrolledForest } from '@homeward/protocol/enrolment';
import type { AgentReport } from '@homeward/protocol/report';
import type { Clock } from '../clock.ts';
import type { Database } from '../store/database.ts';
import type { AgentRegistry } from './agent-registry.ts';
import type { AgentReports, LastReport } from './agent-reports.ts';
import { PROBE_EVERY, type StatusProbe } from './status-probe.ts';
import { CLOUD_VERSION, compareVersions, OLDEST_AGENT_VERSION } from './status-versions.ts';
import type { AgentTable } from './tables.ts';

/** The way from here to a directory, link by link: the first that is broken; the later it comes, the closer it is. */
export const FOREST_LINKS = [
  'noAgent',
  'pendingAdmission',
  'cloned',
  'agentOffline',
  'cloudStarting',
  'softwareTooOld',
  'agentSilent',
  'notAskedYet',
  'clockWrong',
  'breakerOpen',
  'directoryUnreachable',
  'notTrusted',
  'accountRefused',
  'noPolicyHints',
  'up',
] as const;
export type ForestLink = (typeof FOREST_LINKS)[number];

/** What is not broken but should be looked at. */
export const AGENT_WARNINGS = ['oneLink', 'clockDrifts', 'softwareOutdated', 'keysOld', 'unsettled'] as const;
export type AgentWarning = (typeof AGENT_WARNINGS)[number];

export type AgentStatus = {
  id: string;
  name: string;
  status: AgentTable['status'];
  links: number;
  warnings: AgentWarning[];
  /** by SID: how far the way to each of its forests is open */
  forests: Record<string, ForestLink>;
  keys: { generation: number; madeAt: number } | undefined;
  /** Unix ms */
  enrolledAt: number;
  lastHeardAt: number | undefined;
  lastProbedAt: number | undefined;
  report: AgentReport | undefined;
  /** ms */
  clockOffset: number | undefined;
};

/** `agents`: the ids of those in service for it; one that waits, or is shut out, gets nothing */
export type ForestStatus = { sid: string; domain: string; link: ForestLink; agents: string[] };

export const TENANT_STATES = ['up', 'upOutdated', 'upWithWarnings', 'partlyUp', 'down', 'notSetUp'] as const;
export type TenantState = (typeof TENANT_STATES)[number];

export type TenantStatus = {
  state: TenantState;
  /** with `down`: the link that is closest to working */
  why?: ForestLink;
  /** Unix ms */
  at: number;
  version: string;
  forests: ForestStatus[];
  agents: AgentStatus[];
};

export type StatusDeps = {
  database: Database;
  registry: AgentRegistry;
  reports: AgentReports;
  probe: Pick<StatusProbe, 'unansweredSince'>;
  relay: { linksOf: (agentId: string) => number };
  clock: Clock;
  /** Unix ms: when this cloud was started; agents need a moment to come back */
  startedAt: number;
};

const FRESH = 3 * PROBE_EVERY;
const STARTING = 60_000;
const ANSWER_WITHIN = 30_000;
export const CLOCK_WARNING = 30_000;
export const CLOCK_LIMIT = 60_000;
const KEYS_OLD = 200 * 86_400_000;

export async function tenantStatus(deps: StatusDeps, tenantId: string): Promise<TenantStatus> {
  const { database, clock } = deps;
  const rows = await database
    .selectFrom('agent')
    .select(['id', 'name', 'status', 'forests', 'enrolledAt'])
    .where('tenantId', '=', tenantId)
    .orderBy('enrolledAt')
    .execute();
  const at = clock();
  const all = rows.map((row) => ({ row, served: JSON.parse(row.forests) as EnrolledForest[] }));
  const known = all.filter(({ row }) => row.status !== 'revoked');
  const agents = known.map(({ row, served }) => agentStatus(deps, row, served, at));
  const forests = forestStatuses(
    known.flatMap(({ served }) => served),
    agents,
  );
  // A forest that nobody serves any more still has the name that its last agent gave it.
  const domains = new Map(all.flatMap(({ served }) => served.map(({ sid, domain }) => [sid, domain])));
  const peopled = await database
    .selectFrom('person')
    .select('forest')
    .distinct()
    .where('tenantId', '=', tenantId)
    .execute();
  for (const { forest: sid } of peopled)
    if (!forests.some((forest) => forest.sid === sid))
      forests.push({ sid, domain: domains.get(sid) ?? sid, link: 'noAgent', agents: [] });
  return { ...judge(forests, agents), at, version: CLOUD_VERSION, forests, agents };
}

/** What people are told before any gate: false only when nobody can be served now, as far as was heard. */
export function saysUp(last: LastReport | undefined): boolean {
  return last === undefined || Object.values(last.report.forests).includes('up');
}

function agentStatus(
  { reports, registry, relay, probe, startedAt }: StatusDeps,
  row: Pick<AgentTable, 'id' | 'name' | 'status' | 'enrolledAt'>,
  served: readonly EnrolledForest[],
  at: number,
): AgentStatus {
  const { id, name, status, enrolledAt } = row;
  const last = reports.last(id);
  const links = relay.linksOf(id);
  const current = registry.get(id)?.current;
  const isFresh = last?.probedAt !== undefined && at - last.probedAt <= FRESH;
  const owes = probe.unansweredSince(id);
  const isComingBack = at - startedAt < STARTING && (last === undefined || last.receivedAt < startedAt);
  const before = (): ForestLink | undefined => {
    if (status === 'cloned') return 'cloned';
    if (status !== 'active') return 'pendingAdmission';
    if (links === 0) return isComingBack ? 'cloudStarting' : 'agentOffline';
    if (last !== undefined && compareVersions(last.report.version, OLDEST_AGENT_VERSION) < 0)
      return 'softwareTooOld';
    if (!isFresh) return owes !== undefined && at - owes > ANSWER_WITHIN ? 'agentSilent' : 'notAskedYet';
    if (Math.abs(last.clockOffset) > CLOCK_LIMIT) return 'clockWrong';
    return last.report.breakerOpen ? 'breakerOpen' : undefined;
  };
  const broken = before();
  const linkOf = (sid: string): ForestLink => broken ?? linkOfDirectory(last?.report.forests[sid]);
  const warnings: AgentWarning[] = [];
  if (status === 'active' && links === 1) warnings.push('oneLink');
  const offset = Math.abs(last?.clockOffset ?? 0);
  if (offset > CLOCK_WARNING && offset <= CLOCK_LIMIT) warnings.push('clockDrifts');
  if (last !== undefined && compareVersions(last.report.version, CLOUD_VERSION) < 0)
    warnings.push('softwareOutdated');
  if (current !== undefined && at - current.madeAt > KEYS_OLD) warnings.push('keysOld');
  if ((last?.report.counts.unsettled ?? 0) > 0) warnings.push('unsettled');
  return {
    ...{ id, name, status, enrolledAt, links, warnings },
    forests: Object.fromEntries(served.map(({ sid }) => [sid, linkOf(sid)])),
    keys: current && { generation: current.number, madeAt: current.madeAt },
    lastHeardAt: last?.receivedAt,
    lastProbedAt: last?.probedAt,
    report: last?.report,
    clockOffset: last?.clockOffset,
  };
}

function linkOfDirectory(state: AgentReport['forests'][string] | undefined): ForestLink {
  if (state === 'unreachable') return 'directoryUnreachable';
  return state === undefined || state === 'unknown' ? 'notAskedYet' : state;
}

function forestStatuses(served: readonly EnrolledForest[], agents: readonly AgentStatus[]): ForestStatus[] {
  const domains = new Map(served.map(({ sid, domain }) => [sid, domain]));
  return [...domains].map(([sid, domain]) => {
    const serving = agents.filter((agent) => agent.forests[sid] !== undefined);
    const link = furthest(serving.map((agent) => agent.forests[sid] ?? 'noAgent'));
    const inService = serving.filter(({ status }) => status === 'active');
    return { sid, domain, link, agents: inService.map(({ id }) => id) };
  });
}

function furthest(links: readonly ForestLink[]): ForestLink {
  return FOREST_LINKS.findLast((link) => links.includes(link)) ?? 'noAgent';
}

function judge(
  forests: readonly ForestStatus[],
  agents: readonly AgentStatus[],
): Pick<TenantStatus, 'state' | 'why'> {
  if (agents.length + forests.length === 0) return { state: 'notSetUp' };
  const up = forests.filter(({ link }) => link === 'up').length;
  if (up === 0) return { state: 'down', why: furthest(forests.map(({ link }) => link)) };
  if (up < forests.length) return { state: 'partlyUp' };
  const isPerfect = agents.every(({ forests: links }) => Object.values(links).every((link) => link === 'up'));
  const warnings = new Set(agents.flatMap((agent) => agent.warnings));
  if (isPerfect && warnings.size === 0) return { state: 'up' };
  const isOnlyOld = isPerfect && warnings.size === 1 && warnings.has('softwareOutdated');
  return { state: isOnlyOld ? 'upOutdated' : 'upWithWarnings' };
}
