import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes, sha256 } from '@homeward/protocol/bytes';
import { newId } from '@homeward/protocol/id';
import { FLAGS, type Operation } from '@homeward/protocol/operation';
import type { Outcome } from '@homeward/protocol/outcome';
import { pack, unpack } from '@homeward/protocol/package';
import { Password } from '@homeward/protocol/password';
import { verifyReply } from '@homeward/protocol/reply';
import { encodeRequest } from '@homeward/protocol/request';
import { importRecipient, seal } from '@homeward/protocol/seal';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { type KeyRing, loadKeys, makeKeys } from '../keys/key-store.ts';
import type { WritebackDirectory } from './carry-out.ts';
import { type Journal, openJournal } from './journal.ts';
import { operationServer } from './serve-operation.ts';

const tenantId = newId();
const agentId = newId();
const person = newId();
const typed = 'Correct horse 7 battery';
const minute = 60_000;

let folder: string;
let keys: KeyRing;
let identity: CryptoKey;
let journal: Journal;
let now: number;
let monotonic: number;
let written: string[];
let outcome: Outcome;
let logged: string[];
let resetPassword: ReturnType<typeof vi.fn<WritebackDirectory['resetPassword']>>;
let resolve: ReturnType<typeof vi.fn<WritebackDirectory['resolve']>>;
let serve: (frame: Uint8Array) => Promise<Uint8Array | undefined>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'homeward-keys-'));
  await makeKeys(folder);
  keys = await loadKeys(folder);
  identity = await crypto.subtle.importKey('raw', keys.identity.publicKey, 'Ed25519', true, ['verify']);
  return () => rmSync(folder, { recursive: true });
});

beforeEach(() => {
  now = 1_800_000_000_000;
  monotonic = 0;
  written = [];
  logged = [];
  outcome = { kind: 'applied', evidence: { kind: 'answer', versionBefore: 3, versionAfter: 4 } };
  resetPassword = vi.fn<WritebackDirectory['resetPassword']>(
    async (target, password, { stillValid, onBeforeWrite }) => {
      if (!stillValid?.()) return { kind: 'expired' };
      await onBeforeWrite?.({ controller: 'dc1.corp.example.com', versionBefore: 3 });
      if (outcome.kind === 'applied') written.push(`${target.objectGuid} ${password.reveal()}`);
      return outcome;
    },
  );
  resolve = vi.fn<WritebackDirectory['resolve']>(async () => ({
    kind: 'applied',
    evidence: { kind: 'version' },
  }));
  journal = openJournal(mkdtempSync(join(folder, 'state-')), () => now);
  serve = newServer();
});
afterEach(() => journal.close());

function newServer() {
  const note = (fields: object, message: string) => void logged.push(JSON.stringify(fields) + message);
  return operationServer({
    tenantId,
    agentId,
    keys,
    journal,
    locate: (cloudAnchor) =>
      cloudAnchor === person
        ? { kind: 'found', forest: 'S-1-5-21-1-2-3', objectGuid: 'the-guid' }
        : { kind: 'notFound', why: 'no object in the cloud’s connector space' },
    directoryOf: () => ({
      resetPassword,
      changePassword: async () => ({ kind: 'wrongCurrentPassword' }),
      unlock: async () => ({ kind: 'applied' }),
      dryRun: async () => ({ outcome: { kind: 'protectedAccount' }, policy: directoryPolicy, notKnown: [] }),
      probe: async () => ({ reachable: false, outcome: { kind: 'directoryUnreachable' } }),
      resolve,
    }),
    clock: { now: () => now, monotonic: () => monotonic },
    log: { debug: note, info: note, warn: note, error: note },
  });
}

type Changes = {
  issued?: number;
  expires?: number;
  frameExpires?: number;
  operation?: Operation;
  cloudAnchor?: string;
  sealedFor?: string;
  requestId?: string;
};

async function request(changes: Changes = {}) {
  const {
    issued = now,
    expires = now + 2 * minute,
    operation = 'reset',
    cloudAnchor = person,
    requestId = newId(),
  } = changes;
  const bound = {
    tenantId,
    requestId,
    operation,
    flags: FLAGS.sealedByCloud | FLAGS.unlockToo,
    cloudAnchor,
    issued,
    expires,
  };
  const recipient = await importRecipient(keys.password.spki);
  const inner = await seal(
    { next: Password.of(typed) },
    { ...bound, cloudAnchor: changes.sealedFor ?? cloudAnchor },
    [recipient],
  );
  const body = encodeRequest({ ...bound, actorId: person, inner });
  const header = { type: 'request' as const, agentId, requestId, expires: changes.frameExpires ?? expires };
  return {
    requestId,
    frame: await pack({ header, body }, tenantId, keys.package),
    sealedDigest: await sha256(inner),
  };
}

type Asked = { requestId: string; frame: Uint8Array; sealedDigest: Uint8Array | undefined };

const directoryPolicy = {
  source: 'domain',
  dn: 'DC=corp,DC=example,DC=com',
  rules: { minimumLength: 8, complexity: true, historyLength: 24, minimumAge: 86_400_000 },
  names: { accountName: 'ada' },
  mustChange: false,
} as const;

/** A request for an operation that carries no password. */
async function bare(operation: Operation) {
  const requestId = newId();
  const expires = now + 2 * minute;
  const inner = new Uint8Array(0);
  const body = encodeRequest({
    operation,
    flags: 0,
    cloudAnchor: person,
    actorId: person,
    issued: now,
    expires,
    inner,
  });
  const header = { type: 'request' as const, agentId, requestId, expires };
  return { requestId, frame: await pack({ header, body }, tenantId, keys.package), sealedDigest: undefined };
}

async function answerTo({ requestId, frame, sealedDigest }: Asked) {
  const answer = await serve(frame);
  if (answer === undefined) return undefined;
  expect(answer.length).toBe(400);
  const { body } = await unpack(answer, tenantId, () => keys.package);
  return verifyReply(body, { tenantId, agentId, requestId, ...(sealedDigest && { sealedDigest }) }, identity);
}

test('a request is opened, written to the person’s account, and answered with the directory’s outcome', async () => {
  expect(await answerTo(await request())).toEqual({ outcome, event: 31_002 });
  expect(written).toEqual([`the-guid ${typed}`]);
});

test('nothing that is logged holds the password', async () => {
  await answerTo(await request());
  expect(logged.length).toBeGreaterThan(1);
  expect(logged.join('\n')).not.toContain('horse');
});

test('a refusal by policy comes back with its rules', async () => {
  outcome = {
    kind: 'refusedByPolicy',
    refusal: { rules: ['tooShort', 'notComplex'], minimumLength: 14, missingKinds: ['digit'] },
  };
  expect(await answerTo(await request())).toEqual({ outcome, event: 33_008 });
});

test('a repeated request is answered again and never written again, also after a restart', async () => {
  const sent = await request();
  const first = await answerTo(sent);
  serve = newServer();
  expect(await answerTo(sent)).toEqual(first);
  expect(resetPassword).toHaveBeenCalledTimes(1);
});

test('two copies at once are written once', async () => {
  const sent = await request();
  const answers = await Promise.all([serve(sent.frame), serve(sent.frame)]);
  expect(answers.filter(Boolean)).toHaveLength(1);
  expect(written).toHaveLength(1);
});

test('another request under a used id is a replay', async () => {
  const sent = await request();
  await answerTo(sent);
  const forged = await request({ requestId: sent.requestId, expires: now + minute });
  expect(await answerTo(forged)).toMatchObject({ outcome: { kind: 'replayed' } });
  expect(written).toHaveLength(1);
});

test.each<[string, Changes, Outcome['kind']]>([
  ['that expired', { issued: 1_799_999_800_000, expires: 1_799_999_900_000 }, 'expired'],
  ['from the future', { issued: 1_800_000_100_000, expires: 1_800_000_200_000 }, 'expired'],
  ['that lives too long', { expires: 1_800_000_000_000 + 6 * minute }, 'expired'],
  ['whose frame promises a later end', { frameExpires: 1_800_000_000_000 + 3 * minute }, 'expired'],
  ['sealed for another person', { sealedFor: newId() }, 'undecryptable'],
  ['for a person who is not known', { cloudAnchor: newId() }, 'notFound'],
  ['to verify, which is not served yet', { operation: 'verify' }, 'refusedByAgent'],
])('a request %s is refused before the directory is asked', async (_, changes, kind) => {
  expect(await answerTo(await request(changes))).toMatchObject({ outcome: { kind } });
  expect(resetPassword).not.toHaveBeenCalled();
});

test('a change takes both passwords apart, and an unlock none', async () => {
  const change = await request({ operation: 'change' });
  expect(await answerTo(change)).toMatchObject({ outcome: { kind: 'refusedByAgent' } });
  expect(await answerTo(await bare('unlock'))).toMatchObject({ outcome: { kind: 'applied' } });
});

test('a dry run answers with the policy in seconds, and leaves nothing in the journal', async () => {
  const asked = await bare('dryRun');
  expect(await answerTo(asked)).toMatchObject({
    outcome: { kind: 'protectedAccount' },
    policy: { source: 'domain', rules: { minimumLength: 8, minimumAge: 86_400 }, holdsOnReset: false },
  });
  expect(journal.find(asked.requestId)).toBeUndefined();
});

test('a lost answer is resolved with the directory, and the write is not sent again', async () => {
  outcome = { kind: 'unknown' };
  const sent = await request();
  expect(await answerTo(sent)).toEqual({
    outcome: { kind: 'applied', evidence: { kind: 'version' } },
    event: 31_002,
  });
  expect(resetPassword).toHaveBeenCalledTimes(1);
  expect(resolve).toHaveBeenCalledWith(
    expect.objectContaining({
      target: { objectGuid: 'the-guid' },
      operation: 'reset',
      before: expect.objectContaining({ versionBefore: 3 }),
    }),
  );
  expect(journal.find(sent.requestId)).toMatchObject({ state: 'outcome', outcome: { kind: 'applied' } });
});

test('a request that grew old while it waited is not written', async () => {
  const sent = await request();
  resetPassword.mockImplementationOnce(async (_target, _password, { stillValid }) => {
    monotonic = 3 * minute + 1;
    return stillValid?.() ? { kind: 'applied' } : { kind: 'expired' };
  });
  expect(await answerTo(sent)).toMatchObject({ outcome: { kind: 'expired' } });
});

test('what this cloud did not pack is dropped without an answer', async () => {
  const sent = await request();
  const changed = sent.frame.slice();
  changed[200] = (changed[200] ?? 0) ^ 1;
  expect(await serve(changed)).toBeUndefined();
  expect(await serve(randomBytes(700))).toBeUndefined();
  expect(written).toEqual([]);
});
