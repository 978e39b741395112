/**
 * `make fuzz`: a million malformed inputs to everything that reads bytes from outside. The last line counts the
 * refusals by name; the exit code is the verdict. `SEED=` repeats a run, `RUNS=` makes it shorter or longer.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { agentTarget } from './agent-target.ts';
import { DECODER_TARGETS } from './decoder-targets.ts';
import { startFuzzedCloud } from './fuzzed-cloud.ts';
import { httpTargets } from './http-targets.ts';
import { type FuzzResult, runFuzz } from './run-fuzz.ts';
import { sealedTargets } from './sealed-targets.ts';
import { sessionTarget } from './session-target.ts';

export const RUNS = 1_000_000;

/** Fuzzes every reader; those of the cloud in a process of its own, over its port. */
export async function fuzzEverything(
  refusals: number,
  seed: number,
  say: (line: string) => void,
): Promise<FuzzResult> {
  await using opened = new AsyncDisposableStack();
  const agent = await agentTarget();
  opened.defer(() => agent.close());
  const cloud = await startFuzzedCloud();
  opened.defer(() => cloud.stop());
  const targets = [
    ...DECODER_TARGETS,
    ...(await sealedTargets()),
    ...(await httpTargets(cloud)),
    await sessionTarget(cloud),
    agent,
  ];
  const heap = async () => ({ here: hereMB(), cloud: await cloud.heapMB() });
  const result = await runFuzz({ targets, refusals, seed, say, heap });
  const how = cloud.ended();
  if (how !== undefined) throw new Error(how);
  return result;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function hereMB(): number {
  collect();
  return process.memoryUsage().heapUsed / 1e6;
}

if (import.meta.main) {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 32));
  const runs = Number(process.env['RUNS'] ?? RUNS);
  console.log(`Fuzzing with ${runs.toLocaleString('en')} malformed inputs; SEED=${seed} repeats them …`);
  try {
    const { heapMB, ...counts } = await fuzzEverything(runs, seed, (line) => console.log(line));
    console.log(`heap after a collection, MB: ${JSON.stringify(heapMB)}`);
    console.log(JSON.stringify(counts));
  } catch (error) {
    console.error(`\nSEED=${seed} found something.\n${(error as Error).stack}`);
    console.log(JSON.stringify({ seed, defect: (error as Error).message.split('\n')[0] }));
    process.exitCode = 1;
  }
}
