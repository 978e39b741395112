import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { newId } from '@homeward/protocol/id';
import { encodeReply } from '@homeward/protocol/reply';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Intent, type Journal, openJournal } from './journal.ts';

const day = 86_400_000;

let folder: string;
let journal: Journal;
let now = 1_800_000_000_000;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'homeward-journal-'));
  journal = openJournal(folder, () => now);
});
afterEach(() => {
  journal.close();
  rmSync(folder, { recursive: true });
});

function reopen(): void {
  journal.close();
  journal = openJournal(folder, () => now);
}

const arrived = (requestId = newId()) => ({ requestId, digest: 'aa', isSealed: true, expires: now });
const intent = (requestId = newId()): Intent => ({
  ...arrived(requestId),
  operation: 'reset',
  flags: 3,
  forest: 'S-1-5-21-1-2-3',
  objectGuid: newId(),
  before: { controller: 'dc1.corp.example.com', versionBefore: 3 },
  intendedAt: now,
});
const applied = { outcome: { kind: 'applied' }, event: 31_002 } as const;

test('an intent is found as such, and as its outcome once settled', () => {
  const begun = intent();
  const { requestId } = begun;
  expect(journal.find(requestId)).toBeUndefined();
  journal.intend(begun);
  expect(journal.find(requestId)).toEqual({ digest: 'aa', state: 'intent' });
  const outcome = { kind: 'refusedByPolicy', refusal: { rules: ['tooShort'], minimumLength: 8 } } as const;
  journal.settle(begun, { outcome, event: 33_008 });
  expect(journal.find(requestId)).toEqual({
    ...arrived(requestId),
    state: 'outcome',
    outcome,
    event: 33_008,
  });
});

test('a second intent for the same request is refused', () => {
  const begun = intent();
  journal.intend(begun);
  expect(() => journal.intend(begun)).toThrow();
});

test('what was begun is still known after the process died, with the evidence that was read last', () => {
  const begun = intent();
  journal.intend(begun);
  const amended = { ...begun, before: { controller: 'dc2.corp.example.com', markerAttribute: 'info' } };
  journal.amend(amended);
  reopen();
  expect(journal.unsettled()).toEqual([amended]);
});

test('what has ended cannot be amended, and its first end stands', () => {
  const begun = intent();
  journal.intend(begun);
  journal.settle(begun, applied);
  expect(() => journal.amend(begun)).toThrow();
  journal.settle(begun, { outcome: { kind: 'unknown' }, event: 32_000 });
  journal.entomb(begun.requestId, now);
  expect(journal.find(begun.requestId)).toMatchObject({ state: 'outcome', outcome: { kind: 'applied' } });
});

test('a request that never came cannot begin any more', () => {
  const begun = intent();
  journal.entomb(begun.requestId, now);
  reopen();
  expect(journal.find(begun.requestId)).toMatchObject({
    ...{ state: 'tombstone', digest: '', isSealed: false },
    outcome: { kind: 'notStarted' },
  });
  expect(() => journal.intend(begun)).toThrow();
});

test('a second agent on the same state folder is told that one runs already, also at a later start', () => {
  const running = { code: 'ERR_ALREADY_RUNNING' };
  expect(() => openJournal(folder, () => now)).toThrow(expect.objectContaining(running));
  reopen();
  expect(() => openJournal(folder, () => now)).toThrow(expect.objectContaining(running));
});

test('the highest time ever seen stays, whatever the clock does', () => {
  journal.intend(intent());
  const seen = now;
  now -= 3_600_000;
  journal.intend(intent());
  expect(journal.highWater()).toBe(seen);
  now = seen;
});

test('each start has a higher number than all before it', () => {
  expect(journal.nextSession()).toBe(1);
  reopen();
  expect(journal.nextSession()).toBe(2);
});

test('outcomes and tombstones wait until they are acknowledged, oldest first', () => {
  const [first, second, third] = [newId(), newId(), newId()];
  journal.settle(arrived(first), applied);
  journal.entomb(second, now);
  journal.intend(intent(third));
  const waiting = journal.unacknowledged(0, 10);
  expect(waiting.map(({ requestId }) => requestId)).toEqual([first, second]);
  expect(journal.unacknowledged(waiting[0]?.at ?? 0, 10).map(({ requestId }) => requestId)).toEqual([second]);
  journal.acknowledge(first);
  journal.acknowledge(third);
  reopen();
  expect(journal.unacknowledged(0, 10).map(({ requestId }) => requestId)).toEqual([second]);
  expect(journal.find(third)?.state).toBe('intent');
});

test('what is acknowledged is forgotten a day after it expired, the rest after a week, intents never', () => {
  const [open, told, untold] = [newId(), newId(), newId()];
  journal.intend(intent(open));
  journal.settle(arrived(told), applied);
  journal.settle(arrived(untold), applied);
  journal.acknowledge(told);
  expect(journal.prune(now + day)).toBe(0);
  expect(journal.prune(now + day + 1)).toBe(1);
  expect(journal.find(told)).toBeUndefined();
  expect(journal.prune(now + 7 * day)).toBe(0);
  expect(journal.prune(now + 7 * day + 1)).toBe(1);
  expect(journal.find(open)?.state).toBe('intent');
});

test('the files hold ids, digests and outcomes only', () => {
  const begun = { ...intent(), digest: 'a-digest' };
  journal.intend(begun);
  // Rows are in the log alone until it is closed, and in the database alone then.
  const logged = readFileSync(join(folder, 'journal.db-wal'));
  reopen();
  const kept = readFileSync(join(folder, 'journal.db'));
  for (const bytes of [logged, kept]) {
    for (const known of [begun.requestId, begun.objectGuid, begun.before.controller, begun.digest])
      expect([known, bytes.includes(known)]).toEqual([known, true]);
    expect(bytes.includes('password')).toBe(false);
  }
});

test('a journal of the first version is taken over', () => {
  const old = mkdtempSync(join(tmpdir(), 'homeward-journal-'));
  const database = new DatabaseSync(join(old, 'journal.db'));
  database.exec(`CREATE TABLE entry (request_id TEXT PRIMARY KEY, digest TEXT NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('intent', 'outcome')),
      operation TEXT, forest TEXT, object_guid TEXT, evidence_before TEXT, intended_at INTEGER,
      expires INTEGER NOT NULL, reply BLOB) STRICT;
    CREATE TABLE clock (only INTEGER PRIMARY KEY CHECK (only = 1), high_water INTEGER NOT NULL) STRICT;
    INSERT INTO clock VALUES (1, 42);`);
  const insert = database.prepare('INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const [begun, ended] = [newId(), newId()];
  insert.run(begun, 'aa', 'intent', 'reset', 'S-1', 'guid', '{"controller":"dc1"}', 7, 8, null);
  insert.run(ended, 'bb', 'outcome', null, null, null, null, null, 9, encodeReply(applied));
  database.close();
  const taken = openJournal(old, () => now);
  expect(taken.highWater()).toBe(42);
  expect(taken.unsettled()).toMatchObject([
    { requestId: begun, isSealed: true, flags: 0, before: { controller: 'dc1' } },
  ]);
  expect(taken.find(ended)).toMatchObject({ state: 'outcome', outcome: { kind: 'applied' } });
  taken.close();
  rmSync(old, { recursive: true });
});
