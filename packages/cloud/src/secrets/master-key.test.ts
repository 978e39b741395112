import { chmodSync, mkdtempDisposableSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openMasterKey } from './master-key.ts';

const newFolder = () => mkdtempDisposableSync(join(tmpdir(), 'homeward-key-'));

test('a key is made where there is none, for its owner alone, and found again', async () => {
  using folder = newFolder();
  const file = join(folder.path, 'deep/master.key');
  const made = await openMasterKey(file);
  expect(made.created).toBe(true);
  expect(made.key.reveal()).toHaveLength(32);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const found = await openMasterKey(file);
  expect(found.created).toBe(false);
  expect(found.key.reveal().equals(made.key.reveal())).toBe(true);
});

test('a key that others may read is refused, with the command that mends it', async () => {
  using folder = newFolder();
  const file = join(folder.path, 'master.key');
  await openMasterKey(file);
  chmodSync(file, 0o640);
  await expect(openMasterKey(file)).rejects.toMatchObject({
    code: 'ERR_MASTER_KEY_UNREADABLE',
    message: expect.stringContaining(`chmod 600 ${file}`),
  });
});

test.each(['', 'short', 'A'.repeat(44)])(
  'a file that holds no key (%j) is refused and left as it is',
  async (text) => {
    using folder = newFolder();
    const file = join(folder.path, 'master.key');
    writeFileSync(file, text, { mode: 0o600 });
    await expect(openMasterKey(file)).rejects.toMatchObject({ code: 'ERR_MASTER_KEY_UNREADABLE' });
    expect(readFileSync(file, 'utf8')).toBe(text);
  },
);
