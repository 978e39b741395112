import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
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
  const { files, found } = searchFiles([folder], canary);
  expect(files).toHaveLength(4);
  expect(found.map(({ file }) => file.slice(folder.length + 1)).sort()).toEqual([
    'logs/old/server.log',
    'logs/old/server.log.gz',
    'store.db',
  ]);
});

/** Enough around it that a compressor does not just keep it as it is. */
const wordsAround = (password: string) => {
  const words = Array.from({ length: 400 }, (_, index) => ((index * 7_919) % 1_009).toString(36));
  return [...words, password, ...words.toReversed()].join(' ');
};

test.each([
  ['gzip', gzipSync],
  ['zlib', deflateSync],
  ['raw deflate', deflateRawSync],
  ['zstd', zstdCompressSync],
  ['Brotli', brotliCompressSync],
])('a file that is all %s is looked into, whatever its name', (_, compress) => {
  const file = join(folder, 'some-file');
  const bytes = compress(wordsAround(canary.password));
  expect(findCanary(bytes, canary), 'not to be seen from outside').toEqual([]);
  writeFileSync(file, bytes);
  expect(searchFiles([folder], canary).found).toEqual([
    { file, encodings: expect.arrayContaining(['UTF-8']) },
  ]);
  writeFileSync(file, compress(wordsAround(newCanary().password)));
  expect(searchFiles([folder], canary).found).toEqual([]);
});

test.each([
  ['gzip', gzipSync],
  ['gzip with a name in it', (text: string) => namedGzip(text)],
  ['zstd', zstdCompressSync],
])('%s is found in the middle of a file too, as caches of browsers keep it', (_, compress) => {
  const entry = [
    Buffer.from('http://localhost/reset\0'),
    compress(wordsAround(canary.password)),
    Buffer.from('end of entry'),
  ];
  // One that only begins like it is in front.
  const alike = [Buffer.from([0x1f, 0x8b, 0x08, 0, 1, 2]), Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 9, 9])];
  writeFileSync(join(folder, 'cache-entry'), Buffer.concat([...alike, ...entry, compress('another one')]));
  expect(searchFiles([folder], canary).found).toHaveLength(1);
});

/** As `gzip some.log` makes it: the name stands between header and content (RFC 1952, 2.3). */
function namedGzip(text: string): Buffer {
  const bytes = gzipSync(text);
  bytes[3] = 8;
  return Buffer.concat([bytes.subarray(0, 10), Buffer.from('some.log\0'), bytes.subarray(10)]);
}
