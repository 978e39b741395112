import {
  type AttributeMetadata,
  parseAttributeMetadata,
  UNICODE_PWD_ATTID,
} from '@homeward/active-directory/attribute-metadata';
import { type Client, ResultCodeError } from 'ldapts';
import { expect } from 'vitest';
import type { Controller } from '../forest/controller.ts';
import { provePasswordByKinit } from '../forest/kinit.ts';
import { provePasswordByBind } from '../forest/ldaps-bind.ts';
import { ldapsClient } from '../forest/ldaps-connection.ts';
import type { LabPerson } from '../lab-file.ts';
import type { Attempt } from './reset-lanes.ts';

/** One that hangs is waited for: it hangs for seconds, and one that was killed refuses at once. */
const READ_WITHIN_MS = 30_000;

/**
 * For resets at one controller: what was reported as written is counted by its directory, one by one, and nothing
 * else is. While the controller is away nothing is compared; the count goes on.
 */
export async function countsAt(controller: Controller): Promise<(attempt: Attempt) => Promise<void>> {
  const counts = new Map<string, { read: () => Promise<number | undefined>; expected: number }>();
  for (const person of controller.forest.people) {
    const read = versionReader(controller, person);
    const expected = await read();
    if (expected === undefined) throw new Error(`${controller.forest.hostName} does not answer yet`);
    counts.set(person.dn, { read, expected });
  }
  return async ({ person, said, outcome }) => {
    const count = counts.get(person.dn);
    if (!count) throw new Error(`nobody counts for ${person.dn}`);
    if (outcome.kind === 'applied') count.expected++;
    const version = await count.read();
    if (version === undefined) return;
    expect([said, outcome.kind, version]).toEqual([said, outcome.kind, count.expected]);
  };
}

/**
 * The version of this person's `unicodePwd`, read by the administrator; undefined while the controller is away. The
 * connection is kept and not shared: ldapts lets all but one of those wait for ever who find it dead together.
 */
function versionReader({ forest }: Controller, person: LabPerson): () => Promise<number | undefined> {
  let kept: Client | undefined;
  return async () => {
    try {
      if (!kept?.isBound) {
        kept = await ldapsClient(forest, READ_WITHIN_MS);
        await kept.bind(forest.administrator.userPrincipalName, forest.administrator.password);
      }
      const attributes = ['msDS-KeyVersionNumber'];
      const { searchEntries } = await kept.search(person.dn, { scope: 'base', attributes });
      return Number(searchEntries[0]?.['msDS-KeyVersionNumber']);
    } catch {
      await kept?.unbind().catch(() => {});
      kept = undefined;
      return undefined;
    }
  };
}

/**
 * For resets at several: a new password works where it was written, unless that controller is away by now, or took
 * over by replication what was written at the other one before and has the higher version.
 */
export function bindsAtOneOf(controllers: Controller[]): (attempt: Attempt) => Promise<void> {
  return async ({ person, password, before, outcome }) => {
    if (outcome.kind !== 'applied') return;
    const at = controllers.find(({ forest }) => forest.hostName === before?.controller);
    if (!at || !before) throw new Error(`written at ${before?.controller}, which is none of the controllers`);
    const proof = await provePasswordByBind(at.forest, person.userPrincipalName, password.reveal());
    if (proof !== 'refused') return;
    const last = await lastPasswordWrite(at, person);
    if (last === undefined) return;
    expect(last.controller).not.toBe(before.invocationId);
    expect(last.version).toBeGreaterThan(before.versionBefore ?? Number.NaN);
  };
}

/** Where and as which version a controller holds this person's password; undefined while it is away. */
async function lastPasswordWrite(
  { forest }: Controller,
  person: LabPerson,
): Promise<AttributeMetadata | undefined> {
  const client = await ldapsClient(forest);
  try {
    await client.bind(forest.administrator.userPrincipalName, forest.administrator.password);
    const { searchEntries } = await client.search(person.dn, {
      ...{ scope: 'base', attributes: ['replPropertyMetaData'] },
      explicitBufferAttributes: ['replPropertyMetaData'],
    });
    const vector = searchEntries[0]?.['replPropertyMetaData'];
    if (!Buffer.isBuffer(vector)) throw new Error('the administrator was not shown the metadata');
    return parseAttributeMetadata(vector, UNICODE_PWD_ATTID)[0];
  } catch (error) {
    if (error instanceof ResultCodeError) throw error;
    return undefined;
  } finally {
    await client.unbind().catch(() => {});
  }
}

type Kind = Attempt['outcome']['kind'];
const DEFINITE: Kind[] = ['applied', 'notStarted', 'directoryUnreachable'];

/** Nothing is left open, and at the end all is well again. */
export function expectDefinite(attempts: Attempt[], resets: number, more: Kind[] = []): void {
  expect(attempts.length).toBeGreaterThanOrEqual(resets);
  const open = attempts.filter(({ outcome }) => ![...DEFINITE, ...more].includes(outcome.kind));
  expect(open.map(({ said, before, outcome }) => ({ said, before, outcome }))).toEqual([]);
  for (const own of Object.values(Object.groupBy(attempts, ({ person }) => person.userName)))
    expect(own?.slice(-2).map(({ said }) => said)).toEqual(['applied', 'applied']);
}

/** A password that was reported as not written was never written anywhere. */
export async function expectNeverWritten(attempts: Attempt[], controllers: Controller[]): Promise<void> {
  for (const { person, password, outcome } of attempts) {
    if (outcome.kind === 'applied') continue;
    for (const { forest } of controllers) {
      const proof = await provePasswordByBind(forest, person.userPrincipalName, password.reveal());
      expect([outcome.kind, proof]).toEqual([outcome.kind, 'refused']);
    }
  }
}

/** And the last one that was reported as written is the one that holds. */
export async function expectLastPasswords(attempts: Attempt[], { forest }: Controller): Promise<void> {
  for (const person of forest.people) {
    const last = attempts.findLast((attempt) => attempt.person.userName === person.userName);
    const proof = provePasswordByKinit(forest, person.userPrincipalName, last?.password.reveal() ?? '');
    expect(await proof).toBe('accepted');
  }
}
