import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ENCODINGS, findCanary, newCanary } from './canary.ts';
import { searchFiles } from './search-files.ts';

const canary = newCanary();
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'homeward-canary-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test.each(ENCODINGS)('a canary is found in $name, with anything before and after it', ({ name, encode }) => {
  for (const before of ['', 'x', 'xy']) {
    const bytes = Buffer.concat([Buffer.from(before), encode(canary.password), Buffer.from('zz')]);
    expect(findCanary(bytes, canary)).toContain(name);
  }
});

test('base64 is found wherever the canary begins in what was encoded', () => {
  for (const length of [0, 1, 2, 3, 4, 5]) {
    const text = Buffer.from(`${'a'.repeat(length)}${canary.password} and more`).toString('base64');
    expect(findCanary(Buffer.from(`{"body":"${text}"}`), canary).length).toBeGreaterThan(0);
  }
});

test('a piece of it is enough, and another canary is not found', () => {
  expect(findCanary(Buffer.from(`…${canary.marked.slice(9, 18)}…`), canary)).toContain('UTF-8');
  expect(findCanary(Buffer.from(newCanary().password), canary)).toEqual([]);
});

test('files are searched below folders, in compressed content, and in database pages that are free again', () => {
  mkdirSync(join(folder, 'logs/old'), { recursive: true });
  writeFileSync(join(folder, 'logs/old/server.log'), `{"msg":"${canary.marked}"}`);
  writeFileSync(join(folder, 'logs/old/server.log.gz'), gzipSync(`password=${canary.password}`));
  const database = new DatabaseSync(join(folder, 'store.db'));
  database.exec('PRAGMA secure_delete = OFF; CREATE TABLE t (v TEXT)');
  database.prepare('INSERT INTO t VALUES (?)').run(canary.password);
  database.exec('DELETE FROM t');
  database.close();
  writeFileSync(join(folder, 'clean.log'), 'nothing here');
  const { searched, found } = searchFiles([folder], canary);
  expect(searched).toBe(4);
  expect(found.map(({ file }) => file.slice(folder.length + 1)).sort()).toEqual([
    'logs/old/server.log',
    'logs/old/server.log.gz',
    'store.db',
  ]);
});
