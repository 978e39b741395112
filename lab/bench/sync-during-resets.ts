/**
 * Resets from the submitted form to the answer while the agent reads its whole directory again and again, against the
 * same resets while it idles, in alternating blocks.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startHomeward } from '../demo/homeward.ts';
import type { Lab } from '../lab-file.ts';
import type { Measured, Sampled } from './report.ts';
import { ROOMY_LIMITS, ROOMY_RULES } from './roomy.ts';
import { median } from './statistics.ts';
import { sampled } from './sync-import.ts';
import { resetWithoutScript } from './timed-reset.ts';

const AGENT_MAIN = resolve(import.meta.dirname, '../../packages/agent/src/main.ts');
const BLOCKS = 4;
const RESETS_A_BLOCK = 15;
const WARM_UP = 5;

export async function benchResetsDuringImport(
  lab: Lab,
): Promise<{ sampled: Sampled[]; measured: Measured[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'homeward-bench-'));
  const homeward = await startHomeward({
    ...{ lab, folder, cables: false, say: (line) => console.log(line) },
    cloud: { limits: ROOMY_LIMITS },
    rules: ROOMY_RULES,
  });
  const samples = { idle: [] as number[], importing: [] as number[] };
  try {
    const people = homeward.forest.people.filter(({ kind }) => kind === 'ordinary');
    let next = 0;
    const reset = async (): Promise<number> => {
      const person = people[next++ % people.length];
      if (person === undefined) throw new Error('the lab has nobody to reset');
      return resetWithoutScript(homeward, person);
    };
    for (let round = 0; round < WARM_UP; round++) await reset();
    let imports = 0;
    for (let block = 0; block < BLOCKS; block++) {
      for (let round = 0; round < RESETS_A_BLOCK; round++) samples.idle.push(await reset());
      let isOver = false;
      const importing = (async () => {
        for (; !isOver; imports++) await readEverything(folder);
      })();
      for (let round = 0; round < RESETS_A_BLOCK; round++) samples.importing.push(await reset());
      isOver = true;
      await importing;
    }
    console.log(`  ${imports} full cycles meanwhile`);
  } finally {
    await homeward.stop();
    rmSync(folder, { recursive: true });
  }
  return {
    sampled: [
      sampled('reset while the agent idles', samples.idle),
      sampled('reset during a full import', samples.importing),
    ],
    measured: [
      {
        key: 'reset_during_import_vs_idle',
        what: 'reset during a full import, against idle',
        ratio: median(samples.importing) / median(samples.idle),
        unit: '×',
        limit: 1.5,
      },
    ],
  };
}

/** Asks the running agent, as an administrator would. */
function readEverything(folder: string): Promise<void> {
  const args = ['--disable-warning=ExperimentalWarning', AGENT_MAIN, '--config', join(folder, 'agent.json')];
  return new Promise((done, reject) => {
    const child = spawn(process.execPath, [...args, 'sync', 'run', '--full'], { stdio: 'ignore' });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) done();
      else reject(new Error(`the agent’s full cycle ended with ${code}`));
    });
  });
}
