import { existsSync, mkdirSync, mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { shortFolder } from './short-folder.ts';

const SOCKET = 'control.sock';

test('a folder whose path leaves room for a socket in it is used as it is', () => {
  using place = mkdtempDisposableSync(join(tmpdir(), 'homeward-'));
  const { path, remove } = shortFolder(place.path);
  expect(path).toBe(place.path);
  remove();
  expect(existsSync(place.path)).toBe(true);
});

test('one in a deep checkout is reached by a short link, in which a socket has room; the folder outlives the link', async () => {
  using place = mkdtempDisposableSync(join(tmpdir(), 'homeward-'));
  const folder = join(place.path, 'a checkout that lies very deep'.repeat(3), 'é'.repeat(20), 'cloud');
  mkdirSync(folder, { recursive: true });
  const { path, remove } = shortFolder(folder);
  expect(Buffer.byteLength(join(path, SOCKET))).toBeLessThanOrEqual(107);
  writeFileSync(join(path, 'store.db'), 'kept');
  const server = createServer();
  await new Promise<void>((listening) => server.listen(join(path, SOCKET), listening));
  expect(existsSync(join(folder, SOCKET))).toBe(true);
  await new Promise((closed) => server.close(closed));
  remove();
  expect(existsSync(path)).toBe(false);
  expect(readFileSync(join(folder, 'store.db'), 'utf8')).toBe('kept');
});
