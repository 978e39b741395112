import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { buildCloud } from '../packages/cloud/build.ts';
import { leakingFlags } from '../packages/process-memory/src/exposure.ts';

const UNITS = globSync('packaging/systemd/*.service').sort();
const INSTALLED = '/opt/homeward/';
const BUNDLE = 'dist/cloud/main.mjs';

/** Settings by name (systemd.syntax(7)); of one that stands twice, the last. */
function settingsOf(unit: string): ReadonlyMap<string, string> {
  const lines = readFileSync(unit, 'utf8').matchAll(/^(\w+)=(.*)$/gm);
  return new Map([...lines].map(([, name = '', value = '']) => [name, value]));
}

/** `ExecStart`, taken apart: node, its flags, the program, and what that is told. */
function commandOf(unit: string) {
  const [node = '', ...words] = (settingsOf(unit).get('ExecStart') ?? '').split(' ');
  const at = words.findIndex((word) => !word.startsWith('--'));
  return { node, flags: words.slice(0, at), program: words[at] ?? '', told: words.slice(at + 1) };
}

test('there is a unit for each program, under an account of its own', () => {
  expect(UNITS.map((unit) => basename(unit))).toEqual(['homeward-agent.service', 'homeward-cloud.service']);
  const users = UNITS.map((unit) => settingsOf(unit).get('User'));
  expect(users).toEqual(['homeward-agent', 'homeward-cloud']);
});

test.each(UNITS)('%s keeps memory off the disk, and the program from what it does not need', (unit) => {
  const settings = settingsOf(unit);
  expect(Object.fromEntries(settings)).toMatchObject({
    LimitCORE: '0',
    MemorySwapMax: '0',
    UnsetEnvironment: 'NODE_OPTIONS',
    UMask: '0077',
    NoNewPrivileges: 'yes',
    CapabilityBoundingSet: '',
    PrivateTmp: 'yes',
    ProtectSystem: 'strict',
    ProtectHome: 'yes',
    StateDirectoryMode: '0700',
    // The configuration cannot be used: starting again does not mend that.
    RestartPreventExitStatus: '2',
  });
  // V8 writes the code that it runs.
  expect(settings.has('MemoryDenyWriteExecute')).toBe(false);
});

test.each(UNITS)('%s starts node with flags that node has, none of which shows memory to others', (unit) => {
  const { flags } = commandOf(unit);
  expect(flags).toContain('--disable-sigusr1');
  expect(leakingFlags({ execArgv: flags, nodeOptions: undefined })).toEqual([]);
  const { status, stderr } = spawnSync(process.execPath, [...flags, '-e', '0'], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

test.each(UNITS)(
  '%s names files of this checkout, and commands and options that the program has',
  async (unit) => {
    const documentation = settingsOf(unit).get('Documentation')?.replace(`file://${INSTALLED}`, '') ?? '';
    expect(existsSync(documentation), documentation).toBe(true);
    const { program, told, flags } = commandOf(unit);
    expect(program.startsWith(INSTALLED)).toBe(true);
    const file = program.slice(INSTALLED.length);
    using folder = mkdtempDisposableSync(join(tmpdir(), 'homeward-units-'));
    // Built where it is looked for, by `node packages/cloud/build.ts`; here beside, so that nothing else is disturbed.
    const main = file === BUNDLE ? await buildCloud(folder.path) : file;
    expect(existsSync(main), main).toBe(true);
    const config = join(folder.path, 'none.json');
    const words = told.map((word) => (word.startsWith('/etc/homeward/') ? config : word));
    expect(words).toContain(config);
    const { status, stderr } = spawnSync(process.execPath, [...flags, main, ...words], { encoding: 'utf8' });
    expect(stderr, 'it got as far as the missing configuration').toContain(config);
    expect(status).toBe(2);
  },
);

test('what the page of installing says to prepare is what the units ask for', () => {
  const page = readFileSync('docs/install.md', 'utf8');
  for (const unit of UNITS) {
    const settings = settingsOf(unit);
    const config = commandOf(unit).told.find((word) => word.startsWith('/etc/')) ?? '';
    const folders = settings.get('StateDirectory')?.split(' ') ?? [];
    const named = [unit, settings.get('User') ?? '', config, ...folders.map((name) => `/var/lib/${name}`)];
    for (const name of named) expect(page, `${unit}: ${name}`).toContain(name);
  }
});

test('systemd has no complaint, where there is a systemd to ask', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'homeward-units-'));
  for (const unit of UNITS) {
    // The programs need not be installed for it, but what is to be executed has to exist.
    const text = readFileSync(unit, 'utf8').replace(commandOf(unit).node, process.execPath);
    const copy = join(folder.path, basename(unit));
    writeFileSync(copy, text);
    const { error, status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', copy], {
      encoding: 'utf8',
    });
    const said = error === undefined ? `${status} ${stdout}${stderr}` : (error as NodeJS.ErrnoException).code;
    expect(['0 ', 'ENOENT']).toContain(said);
  }
});
