/** The bundle that ships, as a process of its own. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempDisposableSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { buildCloud } from '../build.ts';
import { CLOUD_VERSION } from './version.ts';

const FIXTURES = resolve(import.meta.dirname, '../config');
const folder = mkdtempDisposableSync(join(tmpdir(), 'hw-'));
/** what a test that fails would leave behind */
const running = new Set<ChildProcess>();
let main: string;

beforeAll(async () => {
  main = await buildCloud(join(folder.path, 'dist'));
});
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
});
afterAll(() => folder.remove());

type Ended = { code: number | null; out: string; err: string };

function start(...args: string[]): { child: ChildProcess; ended: Promise<Ended>; said: () => string } {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  child.once('close', () => running.delete(child));
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const ended = new Promise<Ended>((done) => child.once('close', (code) => done({ code, out, err })));
  return { child, ended, said: () => out };
}

function writeConfig(changes: Record<string, unknown> = {}): string {
  const file = join(folder.path, 'cloud.json');
  const config = JSON.parse(readFileSync(join(FIXTURES, 'valid/localhost.json'), 'utf8'));
  writeFileSync(file, JSON.stringify({ ...config, listen: { host: '127.0.0.1', port: 0 }, ...changes }));
  return file;
}

test('a configuration with problems ends with 2, and all of them on standard error', async () => {
  const { ended } = start('serve', '--config', join(FIXTURES, 'invalid/several-at-once.json'));
  const { code, out, err } = await ended;
  expect(code).toBe(2);
  expect(out).toBe('');
  expect(err).toBe(
    `The configuration has problems.\n${readFileSync(join(FIXTURES, 'invalid/several-at-once.txt'), 'utf8')}`,
  );
});

test('without one that is named it looks where an installation has it', async () => {
  const { code, err } = await start('serve').ended;
  expect(code).toBe(2);
  expect(err).toContain('/etc/homeward/cloud.json');
});

test('a wrong call is told with where the right one is, and ends with 2', async () => {
  const { code, out, err } = await start('agent', 'revoke').ended;
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toBe(
    "homeward-cloud: missing required argument 'agent'\nSee: homeward-cloud agent revoke --help\n",
  );
  expect((await start('--colour').ended).code).toBe(2);
  expect((await start('agent', 'revoke', '--help').ended).code).toBe(0);
});

test('it says its version', async () => {
  const { code, out } = await start('--version').ended;
  expect({ code, out }).toEqual({ code: 0, out: `${CLOUD_VERSION}\n` });
});

test('it serves, gives tokens to its own machine, keeps a second one off, and stops when told', async () => {
  const config = writeConfig();
  const first = start('serve', '--config', config);
  await expect.poll(first.said, { timeout: 60_000 }).toContain('the cloud is ready');
  const port = /"port":(\d+)/.exec(first.said())?.[1];
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
  expect(statSync(join(folder.path, 'data/control.sock')).mode & 0o777).toBe(0o600);

  const token = await start('token', 'create', '--config', config).ended;
  expect(token.code).toBe(0);
  expect(token.out).toMatch(/^[\w-]{43}\n$/);
  expect(token.err).toMatch(/enable --cloud http:\/\/localhost:\d+ --token-file -\n$/);
  const nobody = await start('agent', 'reinstate', 'nobody', '--config', config).ended;
  expect(nobody).toMatchObject({ code: 1, err: expect.stringContaining('Nothing was changed.') });
  expect(nobody.err).not.toContain('The configuration has problems');

  const admin = await start('admin', 'create', '--user-name', 'admin-anna', '--config', config).ended;
  expect(admin.err).toContain('shown once');
  expect(admin.err).toMatch(/Next: sign in at http:\/\/\S+\/admin\/sign-in\n$/);
  expect(admin.out).toMatch(/^[a-z2-9-]{23}\notpauth:\/\/totp\/\S+\n$/);
  const again = await start('admin', 'create', '--user-name', 'admin-anna', '--config', config).ended;
  expect(again.code).toBe(1);
  expect(again.err).toContain('There is an administrator of this name');
  expect((await start('agent', 'list', '--config', config).ended).err).toContain('There are no agents yet');
  const unknown = await start('agent', 'revoke', 'dc-agent-1', '--config', config).ended;
  expect(unknown.err).toContain('No agent has this id or name');
  const listed = await start('admin', 'list', '--json', '--config', config).ended;
  expect(JSON.parse(listed.out)).toMatchObject({ administrators: [{ userName: 'admin-anna' }] });

  const second = await start('serve', '--config', config).ended;
  expect(second.code).toBe(1);
  expect(second.err).toContain('Another cloud runs on it: stop that one first');

  first.child.kill('SIGTERM');
  const ended = await first.ended;
  expect(ended.code).toBe(0);
  expect(ended.out).toContain('"msg":"stopped"');
  for (const secret of [token.out, ...admin.out.trim().split('\n')]) {
    expect(ended.out).not.toContain(secret.trim());
  }

  const late = await start('token', 'create', '--config', config).ended;
  expect(late.code).toBe(1);
  expect(late.err).toContain('The cloud is not running');
});

test('another master key than the store was made under is named, and harms nothing', async () => {
  const config = writeConfig({ masterKeyFile: 'another.key' });
  const { code, err } = await start('serve', '--config', config).ended;
  expect(code).toBe(1);
  expect(err).toContain('made under another master key');
});

test('where its memory could be read, it does not start, and says by which flag', () => {
  const config = writeConfig();
  const serve = (flags: string[], nodeOptions: string) =>
    spawnSync(process.execPath, [...flags, main, 'serve', '--config', config], {
      env: { ...process.env, NODE_OPTIONS: nodeOptions },
      encoding: 'utf8',
    });
  const byFlag = serve(['--inspect=0'], '');
  expect(byFlag.status).toBe(2);
  expect(byFlag.stderr).toContain('--inspect: node was started with it, so passwords could be read');
  const byEnvironment = serve([], '--heapsnapshot-signal=SIGUSR2');
  expect(byEnvironment.status).toBe(2);
  expect(byEnvironment.stderr).toContain(
    '--heapsnapshot-signal (from NODE_OPTIONS): node was started with it',
  );
});

test('what only the service manager can prevent is said in words at the start', () => {
  const config = writeConfig({ masterKeyFile: 'another.key' });
  const started = (limit: string, ...flags: string[]) =>
    spawnSync(
      'sh',
      [
        '-c',
        `ulimit -c ${limit}; exec "$@"`,
        'sh',
        process.execPath,
        ...flags,
        main,
        'serve',
        '--config',
        config,
      ],
      { env: { ...process.env, NODE_OPTIONS: '' }, encoding: 'utf8' },
    ).stdout;
  const open = started('8', '--report-on-fatalerror');
  expect(open).toMatch(
    /core dumps are on \(limit: \d+\), and one would hold passwords and keys: set LimitCORE=0/,
  );
  expect(open).toContain('node was started without --disable-sigusr1');
  expect(open).toContain('diagnostic reports of node were switched off');
  expect(started('0', '--disable-sigusr1')).not.toMatch(/core dumps|sigusr1|reports/);
});
