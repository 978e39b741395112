import { expect, test } from 'vitest';
import type { LostWrite } from './resolve-write.ts';
import { type SeenElsewhere, verdictElsewhere } from './resolve-write-elsewhere.ts';

const [first, second] = ['11'.repeat(16), '22'.repeat(16)];
const at = Date.UTC(2026, 10, 21, 12);

const lost = (more: Partial<LostWrite> = {}): LostWrite => ({
  target: { objectGuid: '6e0c3f5e-3a2b-4a53-9d2c-0c5b1a7f1f10' },
  operation: 'reset',
  before: { controller: 'dc1.corp.example.com', invocationId: first, versionBefore: 3 },
  sentAt: at + 5_000,
  sentBetween: { from: at, until: at + 5_000 },
  ...more,
});
const seen = (after: object = {}, marker?: string): SeenElsewhere => ({
  after: { version: 4, writtenAt: at, origin: first, pwdLastSet: 0n, lockoutTime: 0n, ...after },
  marker,
});
const fenced = lost({ fence: { attribute: 'info', requestId: 'this-one' } });

test('the marker of the request says that it was written', () => {
  expect(verdictElsewhere(fenced, seen({}, 'this-one'))).toMatchObject({
    kind: 'applied',
    evidence: { kind: 'fence', versionBefore: 3, versionAfter: 4, invocationId: first },
  });
});

test('versions of a later write elsewhere do not travel with it', () => {
  const told = verdictElsewhere(fenced, seen({ version: 9, origin: second }, 'this-one'));
  expect(told).toEqual({
    kind: 'applied',
    evidence: { kind: 'fence', versionBefore: 3, invocationId: first },
  });
});

test('the fence that was taken where the write was sent says that it never will be', () => {
  expect(verdictElsewhere(fenced, seen({}, 'this-one/fenced'))).toMatchObject({ kind: 'notStarted' });
});

test.each([undefined, 'an-earlier-one'])('a marker of %s says nothing, whatever the version', (marker) => {
  expect(verdictElsewhere(fenced, seen({}, marker))).toBeUndefined();
  expect(verdictElsewhere(fenced, seen({ version: 3 }, marker))).toBeUndefined();
});

test('the next version, from the same controller and of the same time, is likely', () => {
  for (const writtenAt of [at - 61_000, at, at + 65_000])
    expect(verdictElsewhere(lost(), seen({ writtenAt }))).toMatchObject({
      kind: 'unknown',
      evidence: { kind: 'likely', versionAfter: 4 },
    });
});

test.each([
  ['that did not move', { version: 3 }],
  ['that moved twice', { version: 5 }],
  ['from another controller', { origin: second }],
  ['from nobody knows where', { origin: undefined }],
  ['of before the request', { writtenAt: at - 61_001 }],
  ['of long after it', { writtenAt: at + 65_001 }],
  ['without a time', { writtenAt: undefined }],
])('a version %s says nothing, and never that nothing was written', (_, after) => {
  expect(verdictElsewhere(lost(), seen(after))).toBeUndefined();
});

test('a controller without an id cannot be recognised', () => {
  const { invocationId: _, ...before } = lost().before;
  expect(verdictElsewhere(lost({ before }), seen({ origin: undefined }))).toBeUndefined();
});

test('a person who is gone is left to the first controller', () => {
  expect(verdictElsewhere(fenced, { after: undefined, marker: undefined })).toBeUndefined();
});
