/**
 * `make chaos`: 500 resets while everything is killed, without the marker and with it. The last line counts each kind
 * as JSON; the exit code is the verdict. `SEED=` repeats the plan of strikes, `RESETS=` changes how many.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bringLabUp } from '../forest/bring-lab-up.ts';
import { firstController, startController } from '../forest/controller.ts';
import { takeLabDown } from '../forest/take-lab-down.ts';
import { chaosForest } from './chaos-forest.ts';
import { isClean } from './judge.ts';
import { type ChaosResult, runChaos } from './run-chaos.ts';

const RESETS = 500;
const DETAILS = 40;

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 32));
const resets = Number(process.env['RESETS'] ?? RESETS);
const say = (line: string) => console.log(line);

say(`Killing anything in ${resets} resets, without and with the marker; SEED=${seed} repeats the plan …`);
const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopping.abort());
const folder = await mkdtemp(join(tmpdir(), 'homeward-chaos-'));
const results: ChaosResult[] = [];
try {
  const description = chaosForest();
  const { lab } = await bringLabUp(folder, say, [description]);
  const controller = await firstController(lab, description);
  for (const withMarker of [false, true]) {
    if (withMarker) await startController(controller);
    say(withMarker ? 'with the marker' : 'without the marker');
    const run = { controller, resets, seed, withMarker, freeze: true, signal: stopping.signal, say };
    const result = await runChaos({ ...run, folder: join(folder, withMarker ? 'with' : 'without') });
    for (const line of result.details.slice(0, DETAILS)) say(`  ${line}`);
    results.push(result);
  }
} catch (error) {
  if (!stopping.signal.aborted) throw error;
  say('stopped before its end');
} finally {
  await takeLabDown(folder, say);
  if (results.length === 2 && results.every(isClean)) await rm(folder, { recursive: true, force: true });
  else say(`logs and databases are in ${folder}`);
}
console.log(JSON.stringify({ seed, runs: results.map(({ details: _, ...counts }) => counts) }));
process.exitCode = results.length === 2 && results.every(isClean) ? 0 : 1;
