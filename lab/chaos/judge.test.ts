import type { Outcome } from '@homeward/protocol/outcome';
import { expect, test } from 'vitest';
import { type Attempt, isClean, judge, type Page, type Wrong } from './judge.ts';

const attempt = (
  password: string,
  startedAt: number,
  page: Page = 'notChanged',
  finalPage = page,
): Attempt => ({
  ...{ person: 'ada', password, startedAt, page, finalPage },
});
const row = (issuedAt: number, outcome: Outcome | null, state = 'settled') => ({
  ...{
    id: `at ${issuedAt}`,
    person: 'ada',
    state,
    issuedAt,
    expiresAt: issuedAt + 100,
    settledAt: issuedAt + 1,
    outcome,
  },
});
const memory = (...written: (string | null)[]) =>
  new Map([['ada', { firstVersion: 1, version: written.length, lastWrittenAt: 1_000, written }]]);
const applied = (versionBefore: number, versionAfter: number): Outcome => ({
  kind: 'applied',
  evidence: { kind: 'answer', versionBefore, versionAfter },
});

const noOthers = { othersTried: new Map<string, number>() };

test('what was told and what was written agree', () => {
  const verdict = judge({
    ...noOthers,
    attempts: [attempt('one', 10, 'changed'), attempt('two', 20, 'lost'), attempt('three', 30)],
    rows: [row(12, applied(1, 2)), row(22, { kind: 'notStarted' })],
    directory: memory('other', 'one', 'first'),
  });
  expect(isClean(verdict)).toBe(true);
  expect(verdict).toMatchObject({ attempts: 3, granted: 2, outcomes: { applied: 1, notStarted: 1 } });
});

test('a late answer to a lost page, and an honest unknown, are no wrongs', () => {
  const likely: Outcome = {
    kind: 'unknown',
    evidence: { kind: 'likely', versionBefore: 2, versionAfter: 3 },
  };
  const verdict = judge({
    ...noOthers,
    attempts: [attempt('one', 10, 'lost', 'changed'), attempt('two', 20, 'notKnownYet')],
    rows: [row(12, applied(1, 2)), row(22, likely)],
    directory: memory('two', 'one', 'first'),
  });
  expect(verdict.details).toEqual([]);
  expect(verdict.outcomes).toEqual({ applied: 1, 'unknown, likely': 1 });
});

test('an unknown without versions is honest where somebody else wrote meanwhile', () => {
  const given = {
    attempts: [attempt('one', 10)],
    rows: [row(12, { kind: 'unknown' })],
    directory: memory('theirs', 'first'),
  };
  expect(judge({ ...given, othersTried: new Map([['theirs', 11]]) }).details).toEqual([]);
  const later = judge({ ...given, othersTried: new Map([['theirs', 20]]) });
  expect(later.wrong).toMatchObject({ unknownWithoutEvidence: 1 });
});

const notStarted: Outcome = { kind: 'notStarted' };
const unmoved: Outcome = { kind: 'unknown', evidence: { kind: 'none', versionBefore: 1, versionAfter: 1 } };
const moved: Outcome = { kind: 'unknown', evidence: { kind: 'likely', versionBefore: 1, versionAfter: 2 } };
test.each<[Wrong, Attempt, ReturnType<typeof row>[], (string | null)[]]>([
  ['toldAppliedButNotWritten', attempt('one', 10), [row(12, applied(1, 2))], ['first']],
  ['toldNotWrittenButWritten', attempt('one', 10), [row(12, notStarted)], ['one', 'first']],
  ['writtenTwice', attempt('one', 10, 'changed'), [row(12, applied(1, 2))], ['one', 'one', 'first']],
  ['writtenWithoutRecord', attempt('one', 10, 'lost'), [], ['one', 'first']],
  ['pageSaidChangedButNotWritten', attempt('one', 10, 'changed'), [], ['first']],
  ['pageSaidChangedButNotWritten', attempt('one', 10, 'lost', 'changed'), [], ['first']],
  [
    'pageIsNotTheOutcome',
    attempt('one', 10, 'lost', 'notChanged'),
    [row(12, applied(1, 2))],
    ['one', 'first'],
  ],
  ['pageIsNotTheOutcome', attempt('one', 10, 'changed'), [row(12, moved)], ['one', 'first']],
  ['wrongVersion', attempt('one', 10, 'changed'), [row(12, applied(2, 3))], ['one', 'first']],
  ['twoRequestsForOneAttempt', attempt('one', 10), [row(12, notStarted), row(13, notStarted)], ['first']],
  ['unknownWithoutEvidence', attempt('one', 10), [row(12, unmoved)], ['first']],
  ['unresolved', attempt('one', 10), [row(12, null, 'granted')], ['first']],
  ['writeOfNobody', attempt('one', 10), [], [null, 'first']],
])('%s is found', (name, tried, rows, written) => {
  const verdict = judge({
    ...noOthers,
    attempts: [tried],
    rows,
    directory: memory(...written),
  });
  expect(verdict.wrong).toMatchObject({ [name]: 1 });
  expect(isClean(verdict)).toBe(false);
  expect(verdict.details.some((line) => line.startsWith(name))).toBe(true);
});

test('a write long after its request expired is found, whatever was told of it', () => {
  const directory = new Map([
    ['ada', { firstVersion: 1, version: 2, lastWrittenAt: 61_000, written: ['one', 'first'] }],
  ]);
  const verdict = judge({
    ...{ ...noOthers, directory, attempts: [attempt('one', 10, 'changed')] },
    rows: [row(12, applied(1, 2))],
  });
  expect(verdict.wrong).toMatchObject({ writtenLate: 1 });
});

test('a request is held against the attempt that made it, not the next one', () => {
  const verdict = judge({
    ...noOthers,
    attempts: [attempt('one', 10, 'lost', 'changed'), attempt('two', 20, 'changed')],
    rows: [row(21, applied(2, 3)), row(12, applied(1, 2))],
    directory: memory('two', 'one', 'first'),
  });
  expect(verdict.details).toEqual([]);
});

test('a request that nobody tried is not passed over', () => {
  expect(() =>
    judge({ ...noOthers, attempts: [], rows: [row(5, notStarted)], directory: memory('first') }),
  ).toThrow('belongs to no attempt');
});
