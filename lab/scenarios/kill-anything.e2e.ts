import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { chaosForest } from '../chaos/chaos-forest.ts';
import { isClean } from '../chaos/judge.ts';
import { runChaos } from '../chaos/run-chaos.ts';
import { bringLabUp } from '../forest/bring-lab-up.ts';
import { type Controller, firstController, startController } from '../forest/controller.ts';
import { takeLabDown } from '../forest/take-lab-down.ts';

/** `make chaos` does 500, and freezes the agent for longer than a request lives. */
const RESETS = 20;
const SEED = 20_261_121;
// Forests are made and controllers restarted, beside whatever else this machine is testing.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const folder = mkdtempSync(join(tmpdir(), 'homeward-kill-'));
let controller: Controller;

beforeAll(async () => {
  const description = chaosForest();
  const { lab } = await bringLabUp(folder, () => {}, [description]);
  controller = await firstController(lab, description);
});
afterAll(async () => {
  await takeLabDown(folder, () => {});
  rmSync(folder, { recursive: true, force: true });
});

test.each([false, true])(
  'agent, cloud and controller are killed in the middle of resets (marker: %s), and every end that is told is true',
  async (withMarker) => {
    if (withMarker) await startController(controller);
    const plan = { controller, resets: RESETS, seed: SEED, withMarker, freeze: false, say: () => {} };
    const result = await runChaos({ ...plan, folder: join(folder, `marker-${withMarker}`) });
    expect(result.wrong).toEqual(Object.fromEntries(Object.keys(result.wrong).map((kind) => [kind, 0])));
    expect(isClean(result)).toBe(true);
    expect(result.granted).toBeGreaterThanOrEqual(RESETS);
    expect(Object.values(result.strikes).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
  },
);
