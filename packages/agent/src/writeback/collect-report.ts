import type { DirectoryProbe } from '@homeward/active-directory';
import { EVENTS } from '@homeward/protocol/event';
import type { AgentReport, ForestState } from '@homeward/protocol/report';
import type { AgentLog } from '../log.ts';
import type { WritebackDirectory } from './carry-out.ts';
import type { Journal } from './journal.ts';

/** What an agent is asked for when it speaks of itself. */
export type ReportDeps = {
  version: string;
  /** of this start: see the journal's `nextSession` */
  session: number;
  /** of this start, random */
  instance: string;
  generation: () => number;
  /** by SID of the forest's root domain */
  forests: ReadonlyMap<string, { directory: Pick<WritebackDirectory, 'probe'>; requirePolicyHints: boolean }>;
  counts: { served: number; applied: number };
  journal: Pick<Journal, 'unsettled' | 'highWater'>;
  /** people that are linked for writeback */
  countPeople: () => number;
  breakerOpen: () => boolean;
  now: () => number;
  log: Pick<AgentLog, 'warn'>;
};

export type Reports = {
  /** asks each directory now; takes as long as the slowest of them */
  asked: () => Promise<AgentReport>;
  /** at once, with each directory as it was when it was last asked */
  remembered: () => AgentReport;
};

export function reportsOf(deps: ReportDeps): Reports {
  const known = new Map<string, ForestState>([...deps.forests.keys()].map((sid) => [sid, 'unknown']));
  let people = 0;
  /** A number for information: without a report the cloud sends nothing, so none is held back for it. */
  function countPeople(): number {
    try {
      people = deps.countPeople();
    } catch (err) {
      deps.log.warn({ event: EVENTS.unknownError, err }, 'people could not be counted for a report');
    }
    return people;
  }
  return {
    async asked() {
      const asking = [...deps.forests].map(async ([sid, { directory, requirePolicyHints }]) => {
        const probe = await directory.probe().catch(() => undefined);
        known.set(sid, stateOf(probe, requirePolicyHints));
      });
      await Promise.all(asking);
      return reportOf({ ...deps, countPeople }, known);
    },
    remembered: () => reportOf({ ...deps, countPeople }, known),
  };
}

function reportOf(deps: ReportDeps, forests: ReadonlyMap<string, ForestState>): AgentReport {
  return {
    version: deps.version,
    session: deps.session,
    instance: deps.instance,
    // What requests are judged by: a clock that was once ahead refuses them all, and that must not look well.
    clock: Math.max(deps.now(), deps.journal.highWater()),
    generation: deps.generation(),
    forests: Object.fromEntries(forests),
    counts: {
      ...deps.counts,
      unsettled: deps.journal.unsettled().length,
      people: deps.countPeople(),
    },
    breakerOpen: deps.breakerOpen(),
  };
}

/** Without policy hints a directory is up, unless the agent is told to refuse resets there. */
function stateOf(probe: DirectoryProbe | undefined, requirePolicyHints: boolean): ForestState {
  if (probe === undefined) return 'unreachable';
  if (probe.reachable) return requirePolicyHints && !probe.policyHints ? 'noPolicyHints' : 'up';
  const { kind } = probe.outcome;
  if (kind === 'directoryNotTrusted') return 'notTrusted';
  return kind === 'serviceAccountRefused' ? 'accountRefused' : 'unreachable';
}
