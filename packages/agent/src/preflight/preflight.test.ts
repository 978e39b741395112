import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConnectionFailure, type DryRun } from '@homeward/active-directory';
import { Secret } from '@homeward/protocol/secret';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ForestConfig } from '../config.ts';
import {
  type FakeRights,
  fakeDirectory,
  fakeTerminal,
  PEOPLE,
  SALES,
} from '../permissions/directory.fixture.ts';
import { displayWidth } from '../terminal/display-width.ts';
import { runCheck } from './check.ts';
import { escapeFilterValue } from './find-people.ts';
import type { TlsFacts } from './inspect-tls.ts';
import type { MemoryFacts } from './memory-facts.ts';
import {
  type PreflightDeps,
  type PreflightDirectory,
  type PreflightOptions,
  preflight,
} from './preflight-command.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const DAY = 24 * 60 * 60_000;

let made: string;
/** the state folder */
let folder: string;
beforeEach(() => {
  made = mkdtempSync(join(tmpdir(), 'homeward-preflight-'));
  folder = made;
});
afterEach(() => rmSync(made, { recursive: true }));

const forest: ForestConfig = {
  domain: 'corp.example.com',
  ca: undefined,
  account: { userPrincipalName: 'svc-homeward@corp.example.com', password: new Secret('x') },
  requirePolicyHints: false,
  otherWritableController: false,
  searchBases: [PEOPLE],
};

const guarded: MemoryFacts = {
  started: { execArgv: ['--disable-sigusr1'], nodeOptions: undefined },
  limits: 'Max core file size        0                    unlimited            bytes',
};

const goodTls: TlsFacts = { validTo: NOW + 300 * DAY };

function goodDirectory(rights: FakeRights = { [PEOPLE]: {} }): PreflightDirectory {
  return {
    ...fakeDirectory({ rights, people: { [PEOPLE]: 2 } }),
    identity: async () => ({
      forestSid: 'S-1-5-21-1-2-3',
      domain: 'corp.example.com',
      baseDn: 'DC=corp,DC=example,DC=com',
      netbiosName: 'CORP',
    }),
    probe: async () => ({
      reachable: true,
      controller: 'dc1.corp.example.com',
      pdcProven: true,
      policyHints: '1.2.840.113556.1.4.2239',
      clockOffsetMs: 0,
    }),
    dryRun: async (): Promise<DryRun> => ({ outcome: { kind: 'applied' }, notKnown: ['history', 'filter'] }),
  };
}

async function run(
  directory: PreflightDirectory,
  options: PreflightOptions = {},
  more: Partial<PreflightDeps> = {},
  forests: ForestConfig[] = [forest],
) {
  const terminal = fakeTerminal();
  const deps: PreflightDeps = {
    terminal,
    command: 'homeward-agent',
    clock: { now: () => NOW },
    fetch: async () => new Response('', { headers: { date: new Date(NOW).toUTCString() } }),
    nodeVersion: '24.21.0',
    memory: () => guarded,
    network: {
      hosts: async () => ['dc1.corp.example.com'],
      endpoint: async (_, host) => ({ host, addresses: ['127.0.0.1'], port: 636 }),
    },
    inspectTls: async () => goodTls,
    openForest: () => directory,
    findPeople: async () => [{ objectGuid: 'guid', dn: `CN=Ada,${PEOPLE}` }],
    ...more,
  };
  const rules = { rulesFile: undefined, rulesProblems: [] };
  const exit = await preflight({ forests, stateFolder: folder, ...rules }, options, deps);
  const text = terminal.text();
  const line = (title: string) =>
    text
      .split('\n')
      .filter((each) => each.slice(8).startsWith(title))
      .map((each) => each.slice(2, 6));
  return { exit, text, flat: text.replaceAll(/\s+/g, ' '), line };
}

test('where all is well, nothing fails and the exit code is 0', async () => {
  const { exit, line, text } = await run(goodDirectory());
  expect(exit).toBe(0);
  for (const title of [
    'Node.js',
    'State folder',
    'Rules file',
    'Core dumps',
    'Debugger',
    'DNS',
    'Certificate',
    'Sign-in',
    'PDC',
    'Clock',
    'Policy',
    'Rights',
  ])
    expect(line(title), title).toEqual(['PASS']);
  expect(text).toMatch(/\n15 passed, 1 warning, 0 failed\.$/);
});

test('an old Node.js and an open state folder are named', async () => {
  mkdirSync(join(folder, 'open'), { mode: 0o755 });
  const { line } = await run(goodDirectory(), {}, { nodeVersion: '22.20.0' });
  expect(line('Node.js')).toEqual(['FAIL']);
  const newer = await run(goodDirectory(), {}, { nodeVersion: '25.0.0' });
  expect(newer.line('Node.js')).toEqual(['PASS']);
  folder = join(folder, 'open');
  expect((await run(goodDirectory())).line('State folder')).toEqual(['WARN']);
});

test('a directory that refuses the account fails there, and what needs it is not tried', async () => {
  const directory = goodDirectory();
  let tries = 0;
  const refused = async () => {
    tries++;
    throw new ConnectionFailure('accountPasswordExpired', 'dc1.corp.example.com');
  };
  const probe = async () => {
    tries++;
    return directory.probe();
  };
  const { exit, line, flat } = await run({ ...directory, identity: refused, probe }, { user: 'ada' });
  expect(tries, 'a wrong password counts each time').toBe(1);
  expect(exit).toBe(1);
  expect(line('Sign-in')).toEqual(['FAIL']);
  expect(flat).toContain('dc1.corp.example.com: The password of the agent’s account has expired.');
  expect(line('Rights')).toEqual(['SKIP']);
  expect(line('DNS')).toEqual(['PASS']);
});

test('a failing forest does not keep the next one from being checked', async () => {
  const good = goodDirectory();
  const broken: PreflightDirectory = {
    ...good,
    identity: async () => {
      throw new Error('broken');
    },
  };
  const other = {
    ...forest,
    domain: 'resource.example.com',
    searchBases: undefined,
  } as unknown as ForestConfig;
  const openForest = ({ domain }: ForestConfig) => (domain === 'resource.example.com' ? broken : good);
  const { exit, line } = await run(good, {}, { openForest }, [other, forest]);
  expect(exit).toBe(1);
  expect(line('Sign-in')).toEqual(['FAIL', 'PASS']);
  expect(line('Rights').at(-1)).toBe('PASS');
});

test('what is wrong with a certificate is said, with what it shows; days until expiry are counted', async () => {
  const wrong = { refusal: 'ERR_TLS_CERT_ALTNAME_INVALID', names: 'DNS:old.example.com' };
  const one = await run(goodDirectory(), {}, { inspectTls: async () => wrong });
  expect(one.line('Certificate')).toEqual(['FAIL']);
  expect(one.flat).toContain(
    'The controller’s certificate carries another name. It is for DNS:old.example.com.',
  );
  const soon = await run(goodDirectory(), {}, { inspectTls: async () => ({ validTo: NOW + 9 * DAY }) });
  expect(soon.line('Certificate')).toEqual(['WARN']);
  expect(soon.flat).toContain('it expires in 9 days, on 2026-11-30');
});

test('a spare controller that fails is a warning while another takes the passwords', async () => {
  const inspectTls: PreflightDeps['inspectTls'] = async ({ host }) => {
    if (host.startsWith('dc2')) throw Object.assign(new Error(), { code: 'ECONNREFUSED' });
    return goodTls;
  };
  const forests = [{ ...forest, controllers: ['dc1.corp.example.com', 'dc2.corp.example.com'] }];
  const { exit, line } = await run(goodDirectory(), {}, { inspectTls }, forests);
  expect(line('Certificate')).toEqual(['PASS', 'WARN']);
  expect(exit).toBe(0);
});

test('without policy hints history is said not to hold; where they are required that fails', async () => {
  const directory = goodDirectory();
  const without: PreflightDirectory = {
    ...directory,
    probe: async () => ({
      reachable: true,
      controller: 'dc1.corp.example.com',
      pdcProven: true,
      policyHints: undefined,
      clockOffsetMs: 45_000,
    }),
  };
  const lax = await run(without);
  expect(lax.line('Policy hints')).toEqual(['WARN']);
  expect(lax.flat).toContain('password history cannot be enforced on a reset');
  expect(lax.line('Clock')).toEqual(['WARN']);
  const strict = await run(without, {}, {}, [{ ...forest, requirePolicyHints: true }]);
  expect(strict.line('Policy hints')).toEqual(['FAIL']);
  expect(strict.exit).toBe(1);
});

test('a PDC emulator that cannot be used says why, from the diagnosis', async () => {
  const outcome = {
    kind: 'directoryUnreachable',
    diagnosis: { reason: 'notTheEmulator', controller: 'dc2' },
  } as const;
  const directory = { ...goodDirectory(), probe: async () => ({ reachable: false as const, outcome }) };
  const { line, flat } = await run(directory);
  expect(line('PDC emulator')).toEqual(['FAIL']);
  expect(flat).toContain('dc2: The controller found is not the PDC emulator');
});

test('rights that are lacking fail by name, with the command that gives them', async () => {
  const { exit, line, text } = await run(goodDirectory({ [PEOPLE]: { writeLockoutTime: 'missing' } }));
  expect(exit).toBe(1);
  expect(line('Rights')).toEqual(['FAIL']);
  expect(text.replaceAll(/\s+/g, ' ')).toContain(`Write lockoutTime: missing in ${PEOPLE} (2 people).`);
  expect(text).toContain(`homeward-agent permissions grant --ou ${PEOPLE} --right write-lockout-time`);
});

test('an OU outside the delegation is a warning while nobody said whom to serve', async () => {
  const rights: FakeRights = { [PEOPLE]: {}, [SALES]: { resetPassword: 'missing' } };
  const directory = { ...goodDirectory(), ...fakeDirectory({ rights, people: { [PEOPLE]: 2, [SALES]: 1 } }) };
  const whole = { ...forest, searchBases: undefined } as unknown as ForestConfig;
  const guess = await run({ ...directory, identity: goodDirectory().identity }, {}, {}, [whole]);
  expect(guess.line('Rights')).toEqual(['PASS', 'WARN']);
  expect(guess.exit).toBe(0);
});

test.each([
  ['readPsos', 'PSOs'],
  ['readDeletedObjects', 'Deleted objects'],
] as const)('without %s the rest passes, and what it would bring is said', async (right, title) => {
  const directory = {
    ...goodDirectory(),
    rights: fakeDirectory({ rights: { [PEOPLE]: {} }, single: { [right]: 'missing' } }).rights,
  };
  const { exit, line } = await run(directory);
  expect(exit).toBe(0);
  expect(line(title)).toEqual(['WARN']);
});

test('a person is followed from the directory to what a reset would do', async () => {
  const { line, flat } = await run(goodDirectory(), { user: 'ada' });
  expect(line('Directory')).toEqual(['PASS']);
  expect(line('Metaverse')).toEqual(['SKIP']);
  expect(line('Reset')).toEqual(['PASS']);
  expect(flat).toContain(
    'It would work; nothing was written. Only a write tells: history, password filters.',
  );
  const nobody = await run(goodDirectory(), { user: 'nobody' }, { findPeople: async () => [] });
  expect(nobody.line('Directory')).toEqual(['FAIL']);
  expect(nobody.line('Reset')).toEqual(['SKIP']);
  const outcome = { kind: 'disabled', diagnosis: { reason: 'accountIsDisabled' } } as const;
  const refusing = { ...goodDirectory(), dryRun: async () => ({ outcome, notKnown: [] }) };
  const disabled = await run(refusing, { user: 'ada' });
  expect(disabled.line('Reset')).toEqual(['FAIL']);
  expect(disabled.flat).toContain('The account is disabled in the directory.');
});

test('a cloud is tried before enrolment: certificate, answer and clock', async () => {
  const good = await run(goodDirectory(), { cloud: 'http://localhost:8080' });
  expect(good.line('Reachable')).toEqual(['PASS']);
  const late = new Date(NOW - 90_000).toUTCString();
  const behind = await run(
    goodDirectory(),
    { cloud: 'http://localhost:8080' },
    { fetch: async () => new Response('', { headers: { date: late } }) },
  );
  expect(behind.line('Clock')[0]).toBe('FAIL');
  expect(behind.flat).toContain('ahead of the cloud’s clock');
  const refused = Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } });
  const away = await run(
    goodDirectory(),
    { cloud: 'http://localhost:8080' },
    { fetch: () => Promise.reject(refused) },
  );
  expect(away.line('Reachable')).toEqual(['FAIL']);
  expect(away.exit).toBe(1);
  expect(away.line('Clock')[0]).toBe('SKIP');
  const remote = await run(goodDirectory(), { cloud: 'http://reset.example.com' });
  expect(remote.line('Certificate')[0]).toBe('FAIL');
  await expect(run(goodDirectory(), { cloud: 'reset' })).rejects.toThrow(
    '--cloud: must be an https:// address',
  );
});

test('as JSON every check has its id, status, finding and mend', async () => {
  const { text, exit } = await run(goodDirectory({ [PEOPLE]: { resetPassword: 'denied' } }), { json: true });
  const { ok, checks } = JSON.parse(text) as { ok: boolean; checks: Record<string, unknown>[] };
  expect([ok, exit]).toEqual([false, 1]);
  expect(checks.filter(({ status }) => status === 'FAIL')).toMatchObject([
    {
      id: 'rights',
      group: 'Forest corp.example.com',
      mend: 'Grant it:',
      details: { rights: ['resetPassword'] },
    },
  ]);
});

test('a check that hangs ends by its limit, and one that breaks says so', async () => {
  const hang = { id: 'x', title: 'X', limit: 5, run: () => new Promise<never>(() => {}) };
  expect(await runCheck('G', hang, () => {})).toMatchObject([
    { status: 'FAIL', finding: 'It did not end within 0 s.' },
  ]);
  const broken = { id: 'y', title: 'Y', run: () => Promise.reject(new Error('no')) };
  expect(await runCheck('G', broken, () => {})).toMatchObject([
    { status: 'FAIL', finding: 'The check itself failed: no' },
  ]);
});

test('no line but a command or a name is wider than the terminal', async () => {
  const { text } = await run(goodDirectory({ [PEOPLE]: { resetPassword: 'cut' } }), { user: 'ada' });
  const wide = text.split('\n').filter((line) => displayWidth(line) > 80);
  expect(wide.every((line) => line.includes('homeward-agent '))).toBe(true);
});

test('a name cannot change the question to the directory', () => {
  expect(escapeFilterValue('a*)(cn=\\x\0')).toBe('a\\2a\\29\\28cn=\\5cx\\00');
});
