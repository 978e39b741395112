import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const CHECKOUT = join(import.meta.dirname, '..');
const NOBODY = 65_534;
/** What every Debian has; Node, npm and apt are put beside it by each test, or not. */
const PROGRAMS =
  'bash cat chmod cut dirname env expand head id make mkdir mv rm sed sh sha256sum sort tr uname'.split(' ');

let folder: string;
let checkout: string;

function whereIs(program: string): string {
  const places = (process.env['PATH'] ?? '').split(':').map((place) => join(place, program));
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new Error(`this machine has no ${program}`);
  return found;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'homeward-bootstrap-'));
  chmodSync(folder, 0o755);
  // A name that shells and make would take apart.
  checkout = join(folder, "somebody's new checkout");
  mkdirSync(join(folder, 'bin'));
  mkdirSync(join(checkout, 'tools'), { recursive: true });
  for (const file of ['Makefile', 'package-lock.json', 'tools/bootstrap.sh', 'tools/debian-packages.sh'])
    cpSync(join(CHECKOUT, file), join(checkout, file));
  for (const program of PROGRAMS) symlinkSync(whereIs(program), join(folder, 'bin', program));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function addProgram(name: string, text: string): void {
  writeFileSync(join(folder, 'bin', name), `#!/bin/bash\n${text}\n`, { mode: 0o755 });
}

function make(
  target: string,
  who: { uid?: number; env?: Record<string, string> } = {},
): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(join(folder, 'bin/make'), [target], {
    cwd: checkout,
    encoding: 'utf8',
    // A bash whose standard input is a socket takes itself for a remote shell, and reads somebody's .bashrc.
    stdio: ['ignore', 'pipe', 'pipe'],
    ...who,
    env: { PATH: join(folder, 'bin'), ...who.env },
  });
  return { status, out: stdout, err: stderr };
}

/** An npm that writes down how it was called and under which Node, and brings a Node that only tells its version. */
function addNpm(): () => string[] {
  const log = join(folder, 'npm.log');
  const brought =
    '.tools/download/node_modules/node-linux-$(uname -m | sed "s/x86_64/x64/; s/aarch64/arm64/")';
  addProgram(
    'npm',
    [
      `echo "$1 $(node --version)" >>'${log}'`,
      `if [ "$1" = ci ]; then mkdir -p node_modules; exit; fi`,
      `mkdir -p "${brought}/bin"`,
      `wanted="\${@: -1}"`,
      `printf '#!/bin/bash\\necho v%s\\n' "\${wanted##*@}" >"${brought}/bin/node"`,
      `chmod +x "${brought}/bin/node"`,
    ].join('\n'),
  );
  return () => readFileSync(log, 'utf8').trimEnd().split('\n');
}

test('without Node and npm nothing is brought, and it is said what to install', () => {
  const { status, out, err } = make('check');
  expect(status).not.toBe(0);
  expect(out).toBe('');
  expect(err).toContain('Homeward needs Node with npm, any version');
  expect(err).toContain('apt-get update && apt-get install -y nodejs npm');
});

test.each(['demo', 'smoke', 'test', 'bench', 'lab-up'])(
  'make %s without root says so, with the one line that installs the packages, and brings nothing',
  (target) => {
    addNpm();
    const { status, out, err } = make(target, process.getuid?.() === 0 ? { uid: NOBODY } : {});
    expect(status).not.toBe(0);
    expect(out).toBe('');
    const [why, , line] = err.split('\n');
    expect(why).toMatch(/^The lab needs root: /);
    expect(line).toMatch(
      /^ {2}apt-get update && apt-get install -y .*\bsamba\b.*\bkrb5-user\b.*\bchromium\b/,
    );
    expect(() => readFileSync(join(folder, 'npm.log'))).toThrow('ENOENT');
  },
);

test('an old Node brings a new one first, and the packages under that; the next run brings nothing', () => {
  const calls = addNpm();
  addProgram('node', 'echo v18.20.4');
  addProgram('vitest', 'echo "vitest under $(node --version)"');
  const first = make('check');
  expect(first).toMatchObject({ status: 0, err: '' });
  const said = first.out.trimEnd().split('\n');
  expect(said).toEqual([
    expect.stringMatching(
      /^bootstrap: bringing Node 24\.\d+\.\d+ into \.tools \(this machine has: 18\.20\.4\)$/,
    ),
    'bootstrap: bringing the npm packages of package-lock.json',
    expect.stringMatching(/^vitest under v24\./),
  ]);
  expect(calls()).toEqual(['install v18.20.4', expect.stringMatching(/^ci v24\./)]);
  expect(make('check').out).toMatch(/^vitest under v24\..*\n$/);
  expect(calls()).toHaveLength(2);
});

test('a bring that fails shows what was said, and the next run tries again', () => {
  addProgram('node', 'echo v24.21.0');
  addProgram('npm', 'echo "no network here"; exit 1');
  const failed = make('check');
  expect(failed.status).not.toBe(0);
  expect(failed.err).toContain('no network here\nbootstrap: this failed: npm ci');
  const calls = addNpm();
  addProgram('vitest', 'exit 0');
  expect(make('check').status).toBe(0);
  expect(calls()).toEqual(['ci v24.21.0']);
});

test('make alone lists every target that is for people', () => {
  const { out } = make('help');
  const makefile = readFileSync(join(CHECKOUT, 'Makefile'), 'utf8');
  const targets = [...makefile.matchAll(/^([a-z][a-z-]*):/gm)]
    .map(([, target = '']) => target)
    .filter((target) => !target.startsWith('bootstrap-'));
  const listed = [...out.matchAll(/^ {2}make ([a-z-]+) +\S/gm)].map(([, target]) => target);
  expect(listed).toEqual(targets);
  for (const wanted of ['demo', 'test', 'smoke', 'lab-up', 'lab-down', 'bench', 'check', 'clean', 'help'])
    expect(listed).toContain(wanted);
});

test('make clean stops and deletes the lab and what was built, and leaves what was downloaded', () => {
  addProgram(
    'node',
    '[ "$1" = --version ] && echo v24.21.0 || echo "$HOMEWARD_LAB|$FORESTS|$*" >>lab-down.log',
  );
  addNpm();
  const left = ['packages/cloud/src/main.ts', '.tools/node/kept', 'node_modules/kept'];
  const built = [
    '.bench/latest.json',
    '.test-output/x',
    '.tsbuild/x',
    'dist/cloud/main.mjs',
    'packages/cloud/dist/x',
  ];
  for (const file of [...left, ...built, '.lab/lab.json']) {
    mkdirSync(join(checkout, file, '..'), { recursive: true });
    writeFileSync(join(checkout, file), '');
  }
  expect(make('clean', { env: { HOMEWARD_LAB: '/elsewhere', FORESTS: 'hints' } })).toMatchObject({
    status: 0,
    err: '',
  });
  const there = (file: string) => existsSync(join(checkout, file));
  expect(built.filter(there)).toEqual([]);
  expect(there('.lab')).toBe(false);
  expect(left.filter(there)).toEqual(left);
  const log = () => readFileSync(join(checkout, 'lab-down.log'), 'utf8');
  expect(log(), 'the lab of this checkout, whatever the environment names').toBe(
    '||lab/forest/lab-down.ts\n',
  );
  expect(make('clean').status, 'with nothing there').toBe(0);
  expect(log(), 'no lab, nothing to stop').toBe('||lab/forest/lab-down.ts\n');
});

test('make clean deletes nothing of a lab that could not be stopped', () => {
  addProgram('node', '[ "$1" = --version ] && echo v24.21.0 || exit 1');
  addNpm();
  mkdirSync(join(checkout, '.lab'));
  expect(make('clean').status).not.toBe(0);
  expect(existsSync(join(checkout, '.lab'))).toBe(true);
});
