/** Before each file of the `lab` project: the lab is up, or the file fails by the reason why it is not. */
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { inject } from 'vitest';

const ready = inject('labReady');
const end = performance.now() + 10 * 60_000;
while (!existsSync(ready)) {
  if (performance.now() > end) throw new Error('the lab did not come up within ten minutes');
  await sleep(200);
}
const problem = readFileSync(ready, 'utf8');
if (problem !== '') throw new Error(`the lab did not come up: ${problem}`);
