/** What the cloud keeps of an agent's key generations, and how each statement changes it; see rollover.ts of the protocol. */
import { toBase64url } from '@homeward/protocol/bytes';
import type { Id } from '@homeward/protocol/id';
import {
  type GenerationName,
  type KeysResult,
  type KeysStatement,
  MAX_RETIRING,
  type RetiringGeneration,
} from '@homeward/protocol/rollover';
import type { Secrets } from '../secrets/secrets.ts';
import type { Database } from '../store/database.ts';

/** The longest life of a ticket: sealed with the generation before, it may still come. ms */
export const SEALABLE_FOR = 5 * 60_000;
/** what clocks may differ by, ms */
const MARGIN = 60_000;

/** KEYS: keeps the generation as the pending one. The same keys again change nothing and are taken again. */
export async function takeKeys(
  database: Database,
  { secrets, agentId, keys, now }: { secrets: Secrets; agentId: Id; keys: KeysStatement; now: number },
): Promise<KeysResult> {
  return database.transaction().execute(async (transaction) => {
    const { agent, others } = await readGenerations(transaction, agentId);
    const known =
      keys.number === agent.keyGeneration ? agent : others.find(({ number }) => number === keys.number);
    const stated = {
      identityKey: toBase64url(keys.identityKey),
      passwordKey: toBase64url(keys.passwordKey),
      packageKeyId: keys.packageKey.id,
    };
    const isSame =
      known !== undefined &&
      known.identityKey === stated.identityKey &&
      known.passwordKey === stated.passwordKey &&
      known.packageKeyId === stated.packageKeyId;
    if (isSame) return 'taken';
    const ids = [agent, ...others].map(({ packageKeyId }) => packageKeyId);
    if (keys.number <= agent.keyGeneration || ids.includes(stated.packageKeyId)) return 'conflict';
    if (others.filter(({ state }) => state === 'retiring').length >= MAX_RETIRING) return 'tooMany';
    // A pending generation that is replaced was never used: nothing is sealed to it.
    await transaction
      .deleteFrom('agentKey')
      .where('agentId', '=', agentId)
      .where('state', '=', 'pending')
      .execute();
    const packageKeySealed = secrets.seal('package-key', agentId, keys.packageKey.key.reveal());
    await transaction
      .insertInto('agentKey')
      .values({
        ...{ agentId, number: keys.number, state: 'pending', ...stated, packageKeySealed },
        ...{ sealableUntil: null, madeAt: now },
      })
      .execute();
    return 'taken';
  });
}

/** READY: from now on everything new is sealed to this generation. */
export async function makeCurrent(
  database: Database,
  { agentId, name, now }: { agentId: Id; name: GenerationName; now: number },
): Promise<KeysResult | 'switched'> {
  return database.transaction().execute(async (transaction) => {
    const { agent, others } = await readGenerations(transaction, agentId);
    if (name.number === agent.keyGeneration)
      return name.packageKeyId === agent.packageKeyId ? 'taken' : 'conflict';
    const next = others.find(({ number }) => number === name.number);
    if (next?.state !== 'pending' || next.packageKeyId !== name.packageKeyId) return 'conflict';
    const { identityKey, passwordKey, packageKeyId, packageKeySealed } = agent;
    await transaction
      .deleteFrom('agentKey')
      .where('agentId', '=', agentId)
      .where('number', '=', next.number)
      .execute();
    await transaction
      .insertInto('agentKey')
      .values({
        ...{ agentId, number: agent.keyGeneration, state: 'retiring' },
        ...{ identityKey, passwordKey, packageKeyId, packageKeySealed },
        sealableUntil: now + SEALABLE_FOR,
        madeAt: agent.keysMadeAt ?? agent.enrolledAt,
      })
      .execute();
    await transaction
      .updateTable('agent')
      .set({
        identityKey: next.identityKey,
        passwordKey: next.passwordKey,
        packageKeyId: next.packageKeyId,
        packageKeySealed: next.packageKeySealed,
        keyGeneration: next.number,
        keysMadeAt: next.madeAt,
      })
      .where('id', '=', agentId)
      .execute();
    return 'switched';
  });
}

/** RETIRED: the agent has destroyed its half, so the cloud's goes too. */
export async function forgetRetired(database: Database, agentId: Id, name: GenerationName): Promise<boolean> {
  const { numDeletedRows } = await database
    .deleteFrom('agentKey')
    .where('agentId', '=', agentId)
    .where('number', '=', name.number)
    .where('packageKeyId', '=', name.packageKeyId)
    .where('state', '=', 'retiring')
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** Deletes every key of an agent that is no longer the current one; for one that is revoked. */
export async function forgetOtherGenerations(database: Database, agentId: Id): Promise<void> {
  await database.deleteFrom('agentKey').where('agentId', '=', agentId).execute();
}

/** A generation may go when nothing sealed to it is valid, and nothing that was is still without its end. */
export async function retiringOf(
  database: Database,
  agentId: Id,
  now: number,
): Promise<{ current: number; retiring: RetiringGeneration[] }> {
  const { agent, others } = await readGenerations(database, agentId);
  const open = await database
    .selectFrom('request')
    .select((expression) => expression.fn.min('issuedAt').as('oldest'))
    .where('agentId', '=', agentId)
    .where('state', '!=', 'settled')
    .executeTakeFirst();
  const oldestOpen =
    open?.oldest === null || open === undefined ? Number.POSITIVE_INFINITY : Number(open.oldest);
  return {
    current: agent.keyGeneration,
    retiring: others
      .filter(({ state }) => state === 'retiring')
      .map(({ number, packageKeyId, sealableUntil }) => {
        const until = Number(sealableUntil ?? 0);
        return {
          number,
          packageKeyId,
          sealableUntil: until,
          mayGo: now > until + MARGIN && oldestOpen > until,
        };
      }),
  };
}

async function readGenerations(database: Database, agentId: Id) {
  const agent = await database
    .selectFrom('agent')
    .selectAll()
    .where('id', '=', agentId)
    .executeTakeFirstOrThrow();
  const others = await database
    .selectFrom('agentKey')
    .selectAll()
    .where('agentId', '=', agentId)
    .orderBy('number')
    .execute();
  return { agent, others };
}
