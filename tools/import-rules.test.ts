import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const FORBIDDEN: [owner: string, specifier: string][] = [
  ['protocol', '@homeward/relay'],
  ['protocol', '../../relay/src/relay.ts'],
  ['sync', '@homeward/protocol/outcome'],
  ['sync', '../../active-directory/src/index.ts'],
  ['process-memory', '@homeward/protocol/open'],
  ['process-memory', '../../agent/src/main.ts'],
  ['relay', '@homeward/process-memory/guard-process'],
  ['relay', '@homeward/protocol/open'],
  ['relay', '@homeward/protocol/package'],
  ['relay', '@homeward/cloud'],
  ['relay', '../../protocol/src/open.ts'],
  ['active-directory', '@homeward/protocol/open'],
  ['active-directory', '@homeward/agent'],
  ['active-directory', '@homeward/process-memory/guard-process'],
  ['active-directory', '@homeward/sync'],
  ['agent', '@homeward/cloud'],
  ['agent', '@homeward/relay'],
  ['agent', '../../cloud/src/main.ts'],
  ['agent', '../../sync/src/index.ts'],
  ['agent', '../../process-memory/src/guard-process.ts'],
  ['cloud', '@homeward/protocol/open'],
  ['cloud', '@homeward/agent'],
  ['cloud', '@homeward/sync'],
  ['cloud', '@homeward/active-directory'],
  ['cloud', '../../protocol/src/open.ts'],
];
const ALLOWED: [owner: string, specifier: string][] = [
  ['relay', '@homeward/protocol/frame'],
  ['relay', '@homeward/protocol/relay-session'],
  ['active-directory', '@homeward/protocol/outcome'],
  ['active-directory', '@homeward/protocol/password'],
  ['agent', '@homeward/protocol/open'],
  ['agent', '@homeward/process-memory/guard-process'],
  ['agent', '@homeward/sync'],
  ['agent', '@homeward/active-directory'],
  ['cloud', '@homeward/protocol/seal'],
  ['cloud', '@homeward/process-memory/guard-process'],
  ['cloud', '@homeward/relay'],
];

let folder: string;
let refused: string[];
const probes = [...FORBIDDEN, ...ALLOWED];
const probeOf = (owner: string, specifier: string) =>
  `packages/${owner}/src/probe-${probes.findIndex((one) => one[0] === owner && one[1] === specifier)}.ts`;

/** The rules of this checkout, over a file for each import in a folder of its own. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'homeward-import-rules-'));
  for (const file of ['biome.json', '.gitignore']) cpSync(file, join(folder, file));
  for (const [owner, specifier] of probes) {
    const file = join(folder, probeOf(owner, specifier));
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, `export * from '${specifier}';\n`);
  }
  const options = ['--only=noRestrictedImports', '--max-diagnostics=none', '--reporter=github'];
  const { stdout } = spawnSync(resolve('node_modules/.bin/biome'), ['lint', ...options, '.'], {
    cwd: folder,
    encoding: 'utf8',
  });
  refused = [...stdout.matchAll(/noRestrictedImports,file=([^,]+)/g)].map(([, file = '']) => file);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(FORBIDDEN)('%s may not import %s, and is told so while typing', (owner, specifier) => {
  expect(refused).toContain(probeOf(owner, specifier));
});

test.each(ALLOWED)('%s may import %s', (owner, specifier) => {
  expect(refused).not.toContain(probeOf(owner, specifier));
});
