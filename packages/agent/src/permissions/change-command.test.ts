import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LdapRefusal, type RightsPlan, type RightsStep } from '@homeward/active-directory';
import { Secret } from '@homeward/protocol/secret';
import { expect, test } from 'vitest';
import type { ForestConfig } from '../config.ts';
import { type ChangeOptions, changePermissions } from './change-command.ts';
import {
  ACCOUNT,
  DOMAIN,
  type FakeRights,
  fakeDirectory,
  fakeTerminal,
  PEOPLE,
} from './directory.fixture.ts';

const forest: ForestConfig = {
  domain: 'corp.example.com',
  ca: undefined,
  account: { userPrincipalName: 'svc-homeward@corp.example.com', password: new Secret('x') },
  requirePolicyHints: false,
  otherWritableController: false,
};

const step: RightsStep = {
  dn: PEOPLE,
  right: 'resetPassword',
  add: [
    {
      kind: 'allow',
      flags: 0x0a,
      mask: 0x100,
      sid: ACCOUNT,
      objectType: '00299570-246d-11d0-a768-00aa006e0529',
      inheritedType: 'bf967aba-0de6-11d0-a285-00aa003049e2',
    },
  ],
  remove: [],
  takeOwnership: false,
  dsacls: [{ line: `dsacls "${PEOPLE}" /I:S /G "CORP\\svc-homeward:CA;Reset Password;user"`, exact: true }],
};

/** A directory where one right is missing until it is written. */
function lackingOne(answers?: string[], refuse?: LdapRefusal) {
  const rights: FakeRights = { [PEOPLE]: { resetPassword: 'missing' } };
  const accounts: string[] = [];
  const applied: RightsPlan[] = [];
  const directory = fakeDirectory({
    rights,
    people: { [PEOPLE]: 2 },
    steps: (kind) =>
      kind === 'revoke'
        ? [{ ...step, add: [], remove: step.add }]
        : rights[PEOPLE]?.resetPassword
          ? [step]
          : [],
    applyRights(plan) {
      if (refuse) throw refuse;
      applied.push(plan);
      rights[PEOPLE] = plan.steps[0]?.add.length ? {} : { resetPassword: 'missing' };
    },
  });
  const terminal = fakeTerminal(answers);
  const openForest = (_: ForestConfig, account?: { userPrincipalName: string; password: Secret<string> }) => {
    if (account) accounts.push(`${account.userPrincipalName} ${account.password.reveal()}`);
    return directory;
  };
  const run = (kind: 'grant' | 'revoke', options: ChangeOptions) =>
    changePermissions(
      kind,
      { forests: [forest] },
      { ou: [PEOPLE], ...options },
      { terminal, openForest, command: 'homeward-agent' },
    );
  return { run, terminal, accounts, applied };
}

const flat = (text: string) => text.replaceAll(/\s+/g, ' ');

test('the exact entries are shown in words and as dsacls before anything is asked', async () => {
  const { run, terminal, applied } = lackingOne(['n']);
  expect(await run('grant', {})).toBe(3);
  expect(flat(terminal.text())).toContain(
    `${PEOPLE} add Allow CORP\\svc-homeward: Reset Password; on descendant User objects`,
  );
  expect(terminal.text()).toContain(`  ${step.dsacls[0]?.line}\n`);
  expect(terminal.text()).toContain('Nothing was changed.');
  expect(applied).toEqual([]);
});

test('without a terminal and without --yes the plan is printed, nothing is changed, and the exit code is 3', async () => {
  const { run, terminal, applied } = lackingOne();
  expect(await run('grant', {})).toBe(3);
  expect(terminal.text()).toContain('Run it again with --yes.');
  expect(applied).toEqual([]);
});

test('after a yes the administrator is asked for, the change made, and read again as the agent', async () => {
  const { run, terminal, accounts, applied } = lackingOne(['yes', 'ada', 'Top-Secret-1']);
  expect(await run('grant', {})).toBe(0);
  expect(accounts).toEqual(['ada@corp.example.com Top-Secret-1']);
  expect(applied).toHaveLength(1);
  expect(terminal.text()).not.toContain('Top-Secret-1');
  expect(flat(terminal.text())).toContain(
    'Read again as CORP\\svc-homeward: held now: Read all properties, Reset',
  );
});

test('a password comes from a file or from standard input, never echoed', async () => {
  const file = join(tmpdir(), `homeward-${process.pid}.password`);
  writeFileSync(file, 'From-File-1\n', { mode: 0o600 });
  const one = lackingOne();
  expect(await one.run('grant', { yes: true, as: 'ada@corp.example.com', passwordFile: file })).toBe(0);
  rmSync(file);
  expect(one.accounts).toEqual(['ada@corp.example.com From-File-1']);
  const two = lackingOne();
  expect(
    await two.run('grant', { yes: true, as: 'ada@corp.example.com', passwordFile: '-', json: true }),
  ).toBe(0);
  expect(two.accounts).toEqual(['ada@corp.example.com From-Input-1']);
  expect(JSON.parse(two.terminal.text())).toMatchObject({
    forests: [
      { applied: true, plan: [{ dn: PEOPLE, right: 'resetPassword' }], now: { allNeededHeld: true } },
    ],
  });
});

test('an administrator who may not change permissions is told where and what is done', async () => {
  const { run } = lackingOne(undefined, new LdapRefusal(50, '00002098: SecErr'));
  const change = run('grant', { yes: true, as: 'ada', passwordFile: '-' });
  await expect(change).rejects.toThrow(
    `ada@corp.example.com may not change permissions of ${PEOPLE}: it needs Modify permissions (WRITE_DAC) there, as Domain Admins have. 0 changes were made, then it ended.`,
  );
});

test('nothing is left to do the second time', async () => {
  const { run, terminal } = lackingOne();
  expect(await run('grant', { yes: true, as: 'ada', passwordFile: '-' })).toBe(0);
  expect(await run('grant', { yes: true })).toBe(0);
  expect(terminal.text()).toContain('Nothing to do: CORP\\svc-homeward holds all of this already.');
});

test('a revoke says what is lost and what stays', async () => {
  const { run, terminal } = lackingOne();
  await run('grant', { yes: true, as: 'ada', passwordFile: '-' });
  expect(await run('revoke', { yes: true, as: 'ada', passwordFile: '-', right: ['reset-password'] })).toBe(0);
  expect(terminal.text()).toContain('remove     Allow CORP\\svc-homeward: Reset Password');
  expect(terminal.text()).toContain('not held any more: Reset Password.');
});

test('--print-only prints the dsacls lines alone', async () => {
  const { run, terminal, applied } = lackingOne();
  expect(await run('grant', { printOnly: true })).toBe(0);
  expect(terminal.text()).toBe(step.dsacls[0]?.line);
  expect(applied).toEqual([]);
});

test('a grant for people without an OU, and a right of no name, are refused in words', async () => {
  const { run } = lackingOne();
  const noOu = changePermissions(
    'grant',
    { forests: [forest] },
    {},
    {
      terminal: fakeTerminal(),
      openForest: () => fakeDirectory({ rights: {} }),
      command: 'homeward-agent',
    },
  );
  await expect(noOu).rejects.toThrow(`for all of them --ou ${DOMAIN}`);
  await expect(run('grant', { right: ['everything'] })).rejects.toThrow(
    '--right: everything is none of read-account',
  );
});

test('nobody to ask for the administrator is said before anything is written', async () => {
  const { run, applied } = lackingOne();
  await expect(run('grant', { yes: true })).rejects.toThrow('--as: name an administrator');
  await expect(run('grant', { yes: true, as: 'ada' })).rejects.toThrow('--password-file: needed');
  expect(applied).toEqual([]);
});
