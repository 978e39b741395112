import { coreDumpLimit, isDebuggedBySignal, leakingFlags } from '@homeward/process-memory/exposure';
import { type Check, type Finding, fail, pass, skip, warn } from './check.ts';
import type { MemoryFacts } from './memory-facts.ts';

/** Whether passwords could leave the agent's memory by a core dump or a debugger. */
export function memoryCheck(facts: () => MemoryFacts): Check {
  return {
    id: 'memory',
    title: 'Memory',
    async run() {
      const found = facts();
      const whose =
        found.pid === undefined
          ? 'an agent that is started from here'
          : `the running agent (process ${found.pid})`;
      return [
        { title: 'Core dumps', ...coreDumps(found, whose) },
        { title: 'Debugger', ...debuggerOf(found, whose) },
      ];
    },
  };
}

function coreDumps({ limits }: MemoryFacts, whose: string): Finding {
  if (limits === undefined) return skip('This system does not tell whether there would be any.');
  const limit = coreDumpLimit(limits);
  if (limit === undefined) return pass(`Off for ${whose}.`);
  return warn(
    `On for ${whose} (limit: ${limit}); one would hold passwords and keys.`,
    'Set LimitCORE=0 in its service, as packaging/systemd does, or run "ulimit -c 0" before it starts.',
  );
}

function debuggerOf({ started }: MemoryFacts, whose: string): Finding {
  const leaking = leakingFlags(started);
  if (leaking.length > 0)
    return fail(
      `${leaking.join(', ')}: set for ${whose}, so passwords could be read out of it.`,
      'Start it without; "run" refuses to start with it.',
    );
  if (!isDebuggedBySignal(started)) return pass(`SIGUSR1 opens none in ${whose}.`);
  return warn(
    `SIGUSR1 would open one in ${whose}, for the moment until it has started.`,
    'Start node with --disable-sigusr1, as packaging/systemd does.',
  );
}
