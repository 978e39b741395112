import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withLabLock } from './lab-lock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'homeward-lab-lock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('the second waits until the first is done, is told so, and says so once', async () => {
  const order: string[] = [];
  const said: string[] = [];
  const first = Promise.withResolvers<void>();
  const one = withLabLock(
    folder,
    (text) => said.push(text),
    async ({ waited }) => {
      await first.promise;
      order.push(`one ${waited}`);
    },
  );
  const two = withLabLock(
    folder,
    (text) => said.push(text),
    async ({ waited }) => {
      order.push(`two ${waited}`);
    },
  );
  await expect.poll(() => said).toHaveLength(1);
  first.resolve();
  await Promise.all([one, two]);
  expect(order).toEqual(['one false', 'two true']);
  expect(said).toEqual(['another lab-up or lab-down is at work in this folder: waiting for it']);
});

test('work that fails lets the lock go', async () => {
  const failing = withLabLock(
    folder,
    () => {},
    () => Promise.reject(new Error('broken')),
  );
  await expect(failing).rejects.toThrow('broken');
  expect(
    await withLabLock(
      folder,
      () => {},
      async ({ waited }) => waited,
    ),
  ).toBe(false);
});

test('a holder that is killed leaves nothing behind', async () => {
  const program = `import { withLabLock } from ${JSON.stringify(join(import.meta.dirname, 'lab-lock.ts'))};
    await withLabLock(${JSON.stringify(folder)}, () => {}, () => { console.log('held'); return new Promise((done) => setTimeout(done, 60_000)); });`;
  const holder = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  const waiting = withLabLock(
    folder,
    () => {},
    async ({ waited }) => waited,
  );
  holder.kill('SIGKILL');
  expect(await waiting).toBe(true);
});
