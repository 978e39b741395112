/** Before each file of the `lab` project: this worker's lab is up, or the file fails by the reason why it is not. */
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ownLabFolder } from '@homeward/active-directory/testing/own-lab';
import { inject, vi } from 'vitest';
import { bringLabUp } from './forest/bring-lab-up.ts';
import { LAB_FORESTS } from './forest/lab-forests.ts';

// What a test may wait for, one thing after another, on a machine that is busy with other tests.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

// Also before another one is made: what the first brought from Debian is there then.
const ready = inject('labReady');
const end = performance.now() + 30 * 60_000;
while (!existsSync(ready)) {
  if (performance.now() > end) throw new Error('the lab did not come up within half an hour');
  await sleep(200);
}
const problem = readFileSync(ready, 'utf8');
if (problem !== '') throw new Error(`the lab did not come up: ${problem}`);

const [first] = inject('labFolders');
const folder = ownLabFolder();
if (folder !== first) await bringLabUp(folder, (text) => console.log(`lab: ${text}`), LAB_FORESTS);
