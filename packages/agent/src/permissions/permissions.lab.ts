import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Directory, Right } from '@homeward/active-directory';
import {
  LabAdministrator,
  type LabPerson,
  labForests,
  openLabDirectory,
} from '@homeward/active-directory/testing/lab-forest';
import { Password } from '@homeward/protocol/password';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NEEDED_RIGHTS, OPTIONAL_RIGHTS, RIGHT_NAMES } from './right-names.ts';

const MAIN = resolve(import.meta.dirname, '../main.ts');
const CHANGE_PASSWORD = 'ab721a53-1e2f-11d0-9819-00aa0040529b';
const UNEXPIRE_PASSWORD = 'ccc2dc7d-a6ad-4a7a-8846-c04e3cc53501';
/** Everybody has these unless somebody takes them away. */
const BY_DEFAULT: readonly Right[] = ['changePassword', 'unexpirePassword', 'readAccount'];
const fresh = () => Password.of(`Fresh-${crypto.randomUUID()}`);

type Run = { exit: number | null; out: string; err: string };

describe.each(labForests())('permissions at Samba $sambaVersion', (forest) => {
  let lab: LabAdministrator;
  let folder: string;
  beforeAll(async () => {
    lab = await LabAdministrator.open(forest, 'Permissions');
    folder = mkdtempSync(join(tmpdir(), 'homeward-permissions-'));
  });
  afterAll(async () => {
    await lab?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** An account without a right, an OU of its own with a person, and the program configured for both. */
  async function delegation(name = 'Sales, "EMEA" + <x>; #1 = a/b 🔑') {
    const account = await lab.person();
    const { ou } = await lab.organizationalUnit(`${name} ${account.userName}`.slice(0, 64));
    const person = await lab.person({}, { ou });
    // Minimum age and history are tried elsewhere: several resets in a row are about rights here.
    await lab.pso({ 'msDS-PasswordHistoryLength': '0' }, [person]);
    const file = join(folder, `${account.userName}.json`);
    writeFileSync(`${file}.password`, account.password, { mode: 0o600 });
    const configured = {
      domain: forest.domain,
      dnsServers: [forest.dnsServer],
      caFile: forest.caFile,
      account: { userPrincipalName: account.userPrincipalName, passwordFile: `${file}.password` },
      searchBases: [ou],
    };
    writeFileSync(file, JSON.stringify({ stateFolder: join(folder, 'state'), forests: [configured] }));
    const run = (args: string[], input = '') => runAgent(['--config', file, ...args], input);
    const change = (kind: 'grant' | 'revoke', rights: readonly Right[], more: string[] = []) =>
      run(
        [
          ...['permissions', kind, '--ou', ou, '--yes', '--password-file', '-', ...more],
          ...['--as', forest.administrator.userPrincipalName],
          ...rights.flatMap((right) => ['--right', RIGHT_NAMES[right].option]),
        ],
        `${forest.administrator.password}\n`,
      );
    return { account, ou, person, run, change };
  }

  /** What `permissions show` and `preflight` name, each by what it prints for programs. */
  async function named(run: (args: string[]) => Promise<Run>) {
    const [shown, checked] = await Promise.all([
      run(['permissions', 'show', '--people', '--json']),
      run(['preflight', '--json']),
    ]);
    const { forests } = JSON.parse(shown.out) as { forests: { needed: { right: Right }[] }[] };
    const { checks } = JSON.parse(checked.out) as {
      checks: { id: string; status: string; details?: { rights?: Right[] } }[];
    };
    return {
      exit: shown.exit,
      show: [...new Set(forests[0]?.needed.map(({ right }) => right))],
      preflight: [...new Set(checks.flatMap(({ details }) => details?.rights ?? []))],
    };
  }

  const nothing = { exit: 0, show: [], preflight: [] };
  const just = (right: Right) => ({ exit: 1, show: [right], preflight: [right] });

  const attempts: Partial<Record<Right, (directory: Directory, person: LabPerson) => Promise<unknown>>> = {
    resetPassword: (directory, person) =>
      directory.resetPassword(person, fresh(), { mustChange: false, unlockToo: false }),
    // A reset writes lockoutTime only where a lockout was recorded.
    writeLockoutTime: (directory, person) => directory.unlock(person),
    writePwdLastSet: (directory, person) =>
      directory.resetPassword(person, fresh(), { mustChange: true, unlockToo: false }),
  };

  test.each(Object.keys(attempts) as Right[])(
    'an account that lacks only %s is told that one; granted a reset works, revoked it is refused',
    async (right) => {
      const { account, person, run, change } = await delegation();
      const directory = openLabDirectory(forest, account);
      lab.afterwards(async () => directory.close());
      const attempt = () => attempts[right]?.(directory, person);
      const others = NEEDED_RIGHTS.filter((other) => other !== right && !BY_DEFAULT.includes(other));
      expect((await change('grant', others)).exit).toBe(0);

      expect(await named(run)).toEqual(just(right));
      expect((await run(['permissions', 'show'])).out).toContain(`    ${RIGHT_NAMES[right].name}: missing`);
      const refused = { kind: 'notPermitted', diagnosis: { missingRights: [right] } };
      expect(await attempt()).toMatchObject(refused);

      const granted = await change('grant', [right]);
      expect(granted).toMatchObject({ exit: 0, err: '' });
      expect(granted.out).toContain(`held now: ${RIGHT_NAMES[right].name}.`);
      expect(await named(run)).toEqual(nothing);
      expect(await attempt()).toMatchObject({ kind: 'applied' });

      const revoked = await change('revoke', [right]);
      expect(revoked.out).toContain(`not held any more: ${RIGHT_NAMES[right].name}.`);
      expect(await named(run)).toEqual(just(right));
      expect(await attempt()).toMatchObject(refused);
    },
  );

  test('a denied Change Password is named for the person; a grant takes the denial away', async () => {
    const { account, person, run, change } = await delegation();
    const directory = openLabDirectory(forest, account);
    lab.afterwards(async () => directory.close());
    await change('grant', ['resetPassword', 'writeLockoutTime', 'writePwdLastSet']);
    await lab.denyOn(person.dn, await lab.sidOf(account), CHANGE_PASSWORD);
    const attempt = (current: string) =>
      directory.changePassword(person, { current: Password.of(current), next: fresh() });
    expect(await named(run)).toEqual(just('changePassword'));
    expect(await attempt(person.password)).toMatchObject({ kind: 'cannotChangePassword' });
    expect((await change('grant', ['changePassword'], ['--people'])).exit).toBe(0);
    expect(await named(run)).toEqual(nothing);
    expect(await attempt(person.password)).toMatchObject({ kind: 'applied' });
  });

  test('a denied Unexpire Password is named on the domain; a grant takes the denial away', async () => {
    const { account, run, change } = await delegation();
    await change('grant', ['resetPassword', 'writeLockoutTime', 'writePwdLastSet']);
    await lab.denyOn(forest.baseDn, await lab.sidOf(account), UNEXPIRE_PASSWORD);
    expect(await named(run)).toEqual(just('unexpirePassword'));
    expect((await change('grant', ['unexpirePassword'])).exit).toBe(0);
    expect(await named(run)).toEqual(nothing);
    await change('revoke', ['unexpirePassword']);
  });

  test('blocked inheritance cuts what is read and written; granted, a reset works', async () => {
    const { account, ou, person, run, change } = await delegation();
    const directory = openLabDirectory(forest, account);
    lab.afterwards(async () => directory.close());
    await change('grant', ['resetPassword', 'writeLockoutTime', 'writePwdLastSet']);
    await lab.blockInheritance(ou);
    expect(await named(run)).toEqual(just('readAccount'));
    const reset = () => directory.resetPassword(person, fresh(), { mustChange: true, unlockToo: true });
    expect(await reset()).toMatchObject({
      kind: 'notPermitted',
      diagnosis: { missingRights: ['readAccount'] },
    });
    expect((await change('grant', ['readAccount'])).exit).toBe(0);
    expect(await named(run)).toEqual(nothing);
    expect(await reset()).toMatchObject({ kind: 'applied' });
  });

  test('the optional rights are granted and revoked by one word', async () => {
    const { run, change } = await delegation();
    await change('grant', ['resetPassword', 'writeLockoutTime', 'writePwdLastSet']);
    const optional = async () => {
      const { out, exit } = await run(['permissions', 'show', '--json']);
      const { forests } = JSON.parse(out) as { forests: { optional: { right: Right }[] }[] };
      return { exit, lacking: forests[0]?.optional.map(({ right }) => right) };
    };
    expect(await optional()).toEqual({ exit: 0, lacking: OPTIONAL_RIGHTS });
    expect((await change('grant', OPTIONAL_RIGHTS)).exit).toBe(0);
    expect(await optional()).toEqual({ exit: 0, lacking: [] });
    expect((await change('revoke', OPTIONAL_RIGHTS)).exit).toBe(0);
    expect(await optional()).toEqual({ exit: 0, lacking: OPTIONAL_RIGHTS });
  });

  test('without a confirmation, and by somebody who is no administrator, nothing is changed', async () => {
    const { account, ou, run } = await delegation();
    const grant = ['permissions', 'grant', '--ou', ou];
    const unconfirmed = await run(grant);
    expect(unconfirmed.exit).toBe(3);
    expect(unconfirmed.out).toContain('Nothing was changed: nobody is there to confirm.');
    const denied = await run(
      [...grant, '--yes', '--as', account.userPrincipalName, '--password-file', '-'],
      account.password,
    );
    expect(denied.exit).toBe(1);
    expect(denied.err).toContain('may not change permissions of');
    const wrong = await run(
      [...grant, '--yes', '--as', forest.administrator.userPrincipalName, '--password-file', '-'],
      'Not-The-Password-1',
    );
    expect(wrong.exit).toBe(1);
    expect(wrong.err).toContain('refused the account name or password');
    for (const { out, err } of [unconfirmed, denied, wrong])
      for (const secret of [account.password, forest.administrator.password, 'Not-The-Password-1'])
        expect(out + err).not.toContain(secret);
    expect((await named(run)).show).toEqual(['resetPassword', 'writeLockoutTime', 'writePwdLastSet']);
  });

  test('the dsacls lines alone come with --print-only', async () => {
    const { ou, run } = await delegation();
    const { out, exit } = await run(['permissions', 'grant', '--ou', ou, '--print-only']);
    expect(exit).toBe(0);
    expect(out.trim().split('\n')).toHaveLength(3);
    for (const line of out.trim().split('\n')) expect(line).toMatch(/^dsacls ".+" \/I:S \/G ".+;user"$/);
  });

  test('a person is followed to what a reset would do', async () => {
    const { person, run, change } = await delegation();
    await change('grant', ['resetPassword', 'writeLockoutTime', 'writePwdLastSet']);
    const status = async (name: string) => {
      const { out } = await run(['preflight', '--json', '--user', name]);
      const { checks } = JSON.parse(out) as { checks: { id: string; status: string }[] };
      return checks.filter(({ id }) => id.startsWith('person-')).map((check) => check.status);
    };
    expect(await status(person.userPrincipalName)).toEqual(['PASS', 'SKIP', 'PASS']);
    expect(await status(person.dn)).toEqual(['PASS', 'SKIP', 'PASS']);
    expect(await status('nobody*')).toEqual(['FAIL', 'SKIP', 'SKIP']);
    await lab.replace(person.dn, { userAccountControl: '514' });
    expect(await status(person.userName)).toEqual(['PASS', 'SKIP', 'FAIL']);
  });
});

function runAgent(args: string[], input: string): Promise<Run> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...args]);
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (bytes: Buffer) => out.push(bytes));
    child.stderr.on('data', (bytes: Buffer) => err.push(bytes));
    child.on('error', fail);
    child.on('close', (exit) =>
      done({ exit, out: Buffer.concat(out).toString('utf8'), err: Buffer.concat(err).toString('utf8') }),
    );
    // A command that ends without reading closes the pipe.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}
