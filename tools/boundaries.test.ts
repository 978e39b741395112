import { mkdtempDisposableSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { expect, test } from 'vitest';
import { buildCloud } from '../packages/cloud/build.ts';

/**
 * Which of our files each deployable contains, as the bundler sees it: what ships is what is checked. Biome's
 * import rules say the same while typing; this holds when a rule there is switched off.
 */
const ENTRIES = {
  agent: 'packages/agent/src/main.ts',
  'worker of the agent': 'packages/agent/src/sync/sync-worker.ts',
  relay: 'packages/relay/src/relay.ts',
  island: 'packages/cloud/src/portal/islands/seal-password.ts',
} as const;

async function filesOf(entry: string, inject?: string): Promise<string[]> {
  const { metafile } = await build({
    ...(inject === undefined
      ? { entryPoints: [entry] }
      : { stdin: { contents: `import './${entry}'; import './${inject}';`, resolveDir: process.cwd() } }),
    bundle: true,
    write: false,
    metafile: true,
    platform: entry === ENTRIES.island ? 'browser' : 'node',
    format: 'esm',
    packages: 'bundle',
    logLevel: 'silent',
  });
  return ours(metafile);
}

const ours = ({ inputs }: Metafile) => Object.keys(inputs).filter((file) => file.startsWith('packages/'));

const inPackages = (files: string[], ...names: string[]) =>
  files.filter((file) => names.some((name) => file.startsWith(`packages/${name}/`)));
const protocolFiles = (files: string[], ...names: string[]) =>
  files.filter((file) => names.some((name) => file === `packages/protocol/src/${name}.ts`));

test('the agent contains no cloud code', async () => {
  const files = await filesOf(ENTRIES.agent);
  expect(protocolFiles(files, 'open')).toHaveLength(1);
  expect(inPackages(files, 'cloud', 'relay')).toEqual([]);
});

test('nor does the thread that it starts, which never sees a password either', async () => {
  const files = await filesOf(ENTRIES['worker of the agent']);
  expect(inPackages(files, 'sync').length).toBeGreaterThan(5);
  expect(inPackages(files, 'cloud', 'relay')).toEqual([]);
  expect(protocolFiles(files, 'open')).toEqual([]);
});

test('what browsers get seals and cannot open, and brings nothing of the server along', async () => {
  const files = await filesOf(ENTRIES.island);
  expect(protocolFiles(files, 'seal')).toHaveLength(1);
  expect(protocolFiles(files, 'open', 'package')).toEqual([]);
  const islands = (file: string) => file.startsWith('packages/cloud/src/portal/islands/');
  expect(files.filter((file) => !file.startsWith('packages/protocol/') && !islands(file))).toEqual([]);
  expect(protocolFiles(files, 'aead')).toHaveLength(1);
  expect(protocolFiles(files, 'aead.node', 'ed25519.node')).toEqual([]);
});

test('the cloud contains no agent code and cannot open an envelope', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'homeward-boundaries-'));
  await buildCloud(folder.path);
  const files = ours(JSON.parse(readFileSync(join(folder.path, 'meta.json'), 'utf8')) as Metafile);
  expect(protocolFiles(files, 'seal', 'aead.node')).toHaveLength(2);
  expect(inPackages(files, 'agent', 'active-directory', 'sync')).toEqual([]);
  expect(protocolFiles(files, 'open')).toEqual([]);
});

test('the relay cannot open an envelope, nor the package around it', async () => {
  const files = await filesOf(ENTRIES.relay);
  expect(protocolFiles(files, 'frame')).toHaveLength(1);
  expect(
    protocolFiles(files, 'open', 'seal', 'package', 'request', 'reply', 'inner-envelope', 'password'),
  ).toEqual([]);
  expect(inPackages(files, 'cloud', 'agent', 'active-directory', 'sync')).toEqual([]);
});

test.each(['protocol', 'sync'])('the %s package depends on no other package', async (name) => {
  const { globSync } = await import('node:fs');
  const sources = globSync(`packages/${name}/src/**/*.ts`).filter(
    (file) => !/\.(test|contract|lab)\.ts$/.test(file),
  );
  expect(sources.length).toBeGreaterThan(5);
  for (const file of sources) {
    const imports = [
      ...readFileSync(file, 'utf8').matchAll(/^(?:import|export)[^'"]*from\s+['"]([^'"]+)['"]/gm),
    ];
    // Its own, by what runs it; Node's cryptography in the files that stand in for WebCrypto there.
    const isOwn = /^(\.\.?\/|#)/;
    const foreign = imports
      .map(([, specifier]) => specifier ?? '')
      .filter((specifier) => !isOwn.test(specifier))
      .filter((specifier) => !(file.endsWith('.node.ts') && specifier === 'node:crypto'));
    expect(foreign, file).toEqual([]);
  }
});

test('a forbidden import would be found', async () => {
  const files = await filesOf(ENTRIES.relay, 'packages/protocol/src/open.ts');
  expect(protocolFiles(files, 'open')).toHaveLength(1);
});
