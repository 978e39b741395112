import type { Directory, DirectoryOutcome, PasswordVerdict } from '@homeward/active-directory';
import { OPERATIONS } from '@homeward/protocol/operation';
import { OUTCOMES } from '@homeward/protocol/outcome';
import { Password } from '@homeward/protocol/password';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { provedByKinit } from '../../packages/active-directory/src/testing/kinit.ts';
import {
  LabAdministrator,
  labForests,
  offersPolicyHints,
  openLabDirectory,
} from '../../packages/active-directory/src/testing/lab-forest.ts';
import { ARRANGEMENTS, MINIMUM_AGE_MS, type Stage } from './situations/arrangements.ts';
import { type Ending, endingOf, type Holding, type Situation } from './situations/situation.ts';
import { SITUATIONS } from './situations.ts';

const MARKER = 'msDS-cloudExtensionAttribute15';
const EPOCH_GAP = 11_644_473_600_000n;

/** What a sign-in with either password says then; one that proves nothing is not listed. */
const SIGN_INS: Record<Holding, { next?: PasswordVerdict; old?: PasswordVerdict }> = {
  newPassword: { next: 'accepted' },
  newPasswordToChange: { next: 'mustChange' },
  newPasswordLocked: { next: 'locked' },
  oldPassword: { old: 'accepted' },
  oldPasswordToChange: { old: 'mustChange' },
  oldPasswordLocked: { old: 'locked' },
  oldPasswordUnlocked: { old: 'accepted' },
  unchanged: {},
  unchangedUnlocked: {},
  noAccount: { old: 'noSuchAccount' },
};

test('the table has every situation once', () => {
  const told = SITUATIONS.flatMap(({ section, rows }) => rows.map((row) => `${section}: ${row.situation}`));
  expect(told.length).toBeGreaterThanOrEqual(40);
  expect(new Set(told).size).toBe(told.length);
});

describe.each(labForests())('at Samba $sambaVersion', (forest) => {
  const policyHints = offersPolicyHints(forest);
  let lab: LabAdministrator;
  let agent: Directory;
  beforeAll(async () => {
    lab = await LabAdministrator.open(forest, 'Situations');
    agent = openLabDirectory(forest);
  });
  afterAll(async () => {
    agent?.close();
    await lab?.close();
  });

  async function held({ person }: Stage) {
    const options = {
      scope: 'base' as const,
      attributes: ['msDS-KeyVersionNumber', 'pwdLastSet', 'lockoutTime'],
    };
    const { searchEntries } = await lab.client.search(`<GUID=${person.objectGuid}>`, options);
    const [entry] = searchEntries;
    return {
      version: Number(entry?.['msDS-KeyVersionNumber']),
      pwdLastSet: String(entry?.['pwdLastSet']),
      locked: Number(entry?.['lockoutTime'] ?? 0) > 0,
    };
  }

  async function ended(row: Situation, ending: Ending, stage: Stage) {
    const before = ending.holds === 'noAccount' ? undefined : await held(stage);
    const next = passwordOf(row, stage);
    const outcome = await run(row, stage.directory ?? agent, stage, next);
    const told = {
      outcome: outcome.kind,
      event: OUTCOMES[outcome.kind].event ?? OPERATIONS[row.asked.operation].succeeded,
    };
    expect(told).toEqual({ outcome: ending.outcome, event: ending.event });
    expect(outcome.kind === 'refusedByPolicy' ? outcome.refusal : undefined).toEqual(
      ending.refusal && {
        ...ending.refusal,
        ...(ending.refusal.rules.includes('tooYoung') ? { retryAt: retryAt(before?.pwdLastSet ?? '0') } : {}),
      },
    );
    if (ending.outcome !== 'refusedByPolicy') expect(outcome.diagnosis?.reason).toBe(ending.reason);
    expect(outcome.diagnosis?.missingRights).toEqual(ending.missing);
    const isReset = row.asked.operation === 'reset' || row.asked.operation === 'adminReset';
    const notEnforced = isReset && !policyHints ? ['historyNotEnforced'] : [];
    if (outcome.kind === 'applied' && row.asked.operation !== 'dryRun')
      expect(outcome.notes).toEqual([...(ending.notes ?? []), ...notEnforced]);
    await holds(ending.holds, stage, next, before);
  }

  async function holds(
    holding: Holding,
    stage: Stage,
    next: Password,
    before: Awaited<ReturnType<typeof held>> | undefined,
  ) {
    const { person } = stage;
    const signIns = SIGN_INS[holding];
    if (before) {
      const after = await held(stage);
      const isNew = holding.startsWith('newPassword');
      expect(after.version).toBe(before.version + (isNew ? 1 : 0));
      if (!isNew) expect(after.pwdLastSet).toBe(before.pwdLastSet);
      expect(after.pwdLastSet === '0').toBe(
        holding === 'unchanged' ? before.pwdLastSet === '0' : holding.endsWith('ToChange'),
      );
      expect(after.locked).toBe(holding === 'unchanged' ? before.locked : holding.endsWith('Locked'));
      if (holding.endsWith('Unlocked')) expect(before.locked).toBe(true);
    }
    if (signIns.next) expect(await agent.tryPassword(person, next)).toBe(signIns.next);
    if (signIns.old) expect(await agent.tryPassword(person, Password.of(person.password))).toBe(signIns.old);
    if (!holding.startsWith('newPassword')) return;
    // While the account is locked, no password is looked at.
    if (holding.endsWith('Locked')) await lab.replace(`<GUID=${person.objectGuid}>`, { lockoutTime: '0' });
    // Only Kerberos refuses the previous password at once: LDAP takes it for an hour.
    expect(await provedByKinit(forest, person.userName, person.password)).toBe('refused');
  }

  describe.each(SITUATIONS)('$section', ({ rows }) => {
    test.each(rows)('$situation', async (row) => {
      const stage = await ARRANGEMENTS[row.arranged](lab, agent);
      try {
        await ended(row, endingOf(row, policyHints), stage);
      } finally {
        stage.directory?.close();
        await stage.restore?.();
      }
    });
  });
});

function passwordOf({ typed }: Situation, stage: Stage): Password {
  if (typed === undefined) return Password.of(`Fresh-${crypto.randomUUID()}`);
  if (typeof typed === 'string') return Password.of(typed);
  if (!stage.earlier) throw new Error('the arrangement has no earlier password');
  return stage.earlier;
}

async function run(
  { asked }: Situation,
  directory: Directory,
  { person }: Stage,
  next: Password,
): Promise<DirectoryOutcome> {
  switch (asked.operation) {
    case 'reset':
    case 'adminReset':
      return directory.resetPassword(person, next, {
        mustChange: asked.mustChange ?? false,
        unlockToo: !asked.leaveLocked,
        ...(asked.tooLate ? { stillValid: () => false } : {}),
      });
    case 'change': {
      const current = Password.of(asked.current === 'wrong' ? 'Wrong-Password-1' : person.password);
      return directory.changePassword(person, { current, next });
    }
    case 'unlock':
      return directory.unlock(person);
    case 'dryRun': {
      const { of, mustChange = false, marker } = asked;
      const more = of === 'unlock' ? {} : { password: next };
      const request = { operation: of, mustChange, ...more, ...(marker ? { marker: MARKER } : {}) };
      return (await directory.dryRun(person, request)).outcome;
    }
  }
}

/** A FILETIME plus the minimum age, in Unix milliseconds, rounded up. */
function retryAt(pwdLastSet: string): number {
  return Number((BigInt(pwdLastSet) + 9_999n) / 10_000n - EPOCH_GAP) + MINIMUM_AGE_MS;
}
