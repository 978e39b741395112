import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId } from '@homeward/protocol/id';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Intent, type Journal, openJournal } from './journal.ts';

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

const intent = (requestId: string): Intent => ({
  requestId,
  digest: 'aa',
  operation: 'reset',
  forest: 'S-1-5-21-1-2-3',
  objectGuid: newId(),
  before: { controller: 'dc1.corp.example.com', versionBefore: 3 },
  intendedAt: now,
  expires: now + 120_000,
});

test('an intent is found as such, and as its outcome once settled', () => {
  const requestId = newId();
  expect(journal.find(requestId)).toBeUndefined();
  journal.intend(intent(requestId));
  expect(journal.find(requestId)).toEqual({ digest: 'aa', state: 'intent' });
  const outcome = { kind: 'refusedByPolicy', refusal: { rules: ['tooShort'], minimumLength: 8 } } as const;
  journal.settle({ requestId, digest: 'aa', expires: now, outcome, event: 33_008 });
  expect(journal.find(requestId)).toEqual({ digest: 'aa', state: 'outcome', outcome, event: 33_008 });
});

test('a second intent for the same request is refused', () => {
  const requestId = newId();
  journal.intend(intent(requestId));
  expect(() => journal.intend(intent(requestId))).toThrow();
});

test('what was begun is still known after the process died', () => {
  const begun = intent(newId());
  journal.intend(begun);
  journal.close();
  journal = openJournal(folder, () => now);
  expect(journal.unsettled()).toEqual([begun]);
});

test('a second agent on the same state folder is told that one runs already', () => {
  expect(() => openJournal(folder, () => now)).toThrow(
    expect.objectContaining({ code: 'ERR_ALREADY_RUNNING' }),
  );
});

test('the highest time ever seen stays, whatever the clock does', () => {
  journal.intend(intent(newId()));
  const seen = now;
  now -= 3_600_000;
  journal.intend(intent(newId()));
  expect(journal.highWater()).toBe(seen);
  now = seen;
});

test('outcomes are forgotten a day after they expired, intents never', () => {
  const [open, done] = [newId(), newId()];
  journal.intend(intent(open));
  journal.settle({
    requestId: done,
    digest: 'bb',
    expires: now,
    outcome: { kind: 'applied' },
    event: 31_002,
  });
  expect(journal.prune(now + 86_400_000)).toBe(0);
  expect(journal.prune(now + 86_400_001)).toBe(1);
  expect(journal.find(done)).toBeUndefined();
  expect(journal.find(open)?.state).toBe('intent');
});

test('the file holds ids, digests and outcomes only', () => {
  journal.intend(intent(newId()));
  expect(readFileSync(join(folder, 'journal.db')).includes('password')).toBe(false);
});
