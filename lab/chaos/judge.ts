/**
 * Holds what the cloud says of each reset against what the directory remembers. Every password of a run is its own,
 * so that each write in the directory is known by its writer, and a second one of the same password shows.
 */
import type { Outcome } from '@homeward/protocol/outcome';
import type { WrittenPasswords } from './written-passwords.ts';

export type Attempt = {
  /** user name */
  person: string;
  password: string;
  /** Unix ms, before anything of it could reach the cloud */
  startedAt: number;
  /** what the page said, or that none came */
  page: Page;
  /** and what it says at the very end */
  finalPage: Page;
};
export type Page = 'changed' | 'notChanged' | 'notKnownYet' | 'lost';

/** One row of the cloud's table of requests. */
export type RequestRow = {
  id: string;
  person: string;
  state: string;
  issuedAt: number;
  outcome: Outcome | null;
};

export type Evidently = {
  attempts: readonly Attempt[];
  rows: readonly RequestRow[];
  directory: DirectoryMemory;
};

export type DirectoryMemory = ReadonlyMap<
  string,
  Omit<WrittenPasswords, 'written'> & {
    /** version of `unicodePwd` before the run */
    firstVersion: number;
    /** newest first; null for a password that nobody of the run tried */
    written: readonly (string | null)[];
  }
>;

/** What must be zero. */
export const WRONGS = [
  'toldAppliedButNotWritten',
  'toldNotWrittenButWritten',
  'writtenTwice',
  'writtenWithoutRecord',
  'pageSaidChangedButNotWritten',
  'pageIsNotTheOutcome',
  'wrongVersion',
  'twoRequestsForOneAttempt',
  'unknownWithoutEvidence',
  'unresolved',
  'writeOfNobody',
] as const;
export type Wrong = (typeof WRONGS)[number];

export type Verdict = {
  attempts: number;
  /** attempts whose request was granted to an agent */
  granted: number;
  /** of those, by outcome; `unknown` by its evidence */
  outcomes: Record<string, number>;
  /** writes that the directory remembers of these people */
  writes: { ours: number; others: number };
  wrong: Record<Wrong, number>;
  /** one line for each wrong, to look into */
  details: string[];
};

/** Something was written, or not; `superseded` and `unknown` do not say. */
const UNDECIDED: ReadonlySet<string> = new Set(['superseded', 'unknown']);

export function judge({ attempts, rows, directory }: Evidently): Verdict {
  const wrong = Object.fromEntries(WRONGS.map((name) => [name, 0])) as Record<Wrong, number>;
  const details: string[] = [];
  const note = (name: Wrong, about: string) => {
    wrong[name]++;
    details.push(`${name}: ${about}`);
  };
  const outcomes: Record<string, number> = {};
  const rowsOf = rowsByAttempt(attempts, rows);
  for (const attempt of attempts) {
    const mine = rowsOf.get(attempt) ?? [];
    const memory = directory.get(attempt.person);
    if (memory === undefined) throw new Error(`the directory does not know ${attempt.person}`);
    const times = memory.written.filter((password) => password === attempt.password).length;
    const [row] = mine;
    const about = `${attempt.person} at ${new Date(attempt.startedAt).toISOString()}, request ${row?.id}, pages ${attempt.page} and ${attempt.finalPage}, outcome ${JSON.stringify(row?.outcome)}, written ${times}`;
    if (times > 1) note('writtenTwice', about);
    if (mine.length > 1) note('twoRequestsForOneAttempt', about);
    if (row === undefined && times > 0) note('writtenWithoutRecord', about);
    if ([attempt.page, attempt.finalPage].includes('changed') && times === 0)
      note('pageSaidChangedButNotWritten', about);
    if (row === undefined) continue;
    const kind = row.outcome?.kind;
    if (row.state !== 'settled' || kind === undefined || row.outcome === null) {
      note('unresolved', `${about}, state ${row.state}`);
      continue;
    }
    const evidence = row.outcome.evidence?.kind ?? 'none';
    const name = kind === 'unknown' ? `unknown, ${evidence}` : kind;
    outcomes[name] = (outcomes[name] ?? 0) + 1;
    if (kind === 'applied' && times === 0) note('toldAppliedButNotWritten', about);
    if (kind !== 'applied' && !UNDECIDED.has(kind) && times > 0) note('toldNotWrittenButWritten', about);
    if (kind === 'applied' && times === 1 && !liesWithin(row.outcome, versionOf(memory, attempt.password)))
      note('wrongVersion', `${about}, version ${versionOf(memory, attempt.password)}`);
    if ((attempt.finalPage === 'changed') !== (kind === 'applied')) note('pageIsNotTheOutcome', about);
    if (kind === 'unknown' && !hasMoved(row.outcome)) note('unknownWithoutEvidence', about);
  }
  const tried = new Set(attempts.map(({ password }) => password));
  let ours = 0;
  let others = 0;
  for (const [person, { version, firstVersion, written }] of directory) {
    const known = written.slice(0, version - firstVersion);
    const strangers = known.filter((password) => password === null).length;
    if (known.length !== version - firstVersion || strangers > 0)
      note('writeOfNobody', `${person}: ${version - firstVersion} writes, ${strangers} of nobody`);
    const mine = known.filter((password) => password !== null && tried.has(password)).length;
    ours += mine;
    others += known.length - mine;
  }
  const granted = attempts.filter((attempt) => rowsOf.has(attempt)).length;
  return { attempts: attempts.length, granted, outcomes, writes: { ours, others }, wrong, details };
}

/** A person's attempts follow each other, and a request is made within one: the last that had started is its own. */
function rowsByAttempt(
  attempts: readonly Attempt[],
  rows: readonly RequestRow[],
): ReadonlyMap<Attempt, RequestRow[]> {
  const byAttempt = new Map<Attempt, RequestRow[]>();
  for (const row of rows) {
    const attempt = attempts
      .filter(({ person, startedAt }) => person === row.person && startedAt <= row.issuedAt)
      .reduce<Attempt | undefined>(
        (last, one) => (last && last.startedAt > one.startedAt ? last : one),
        undefined,
      );
    if (attempt === undefined) throw new Error(`request ${row.id} of ${row.person} belongs to no attempt`);
    byAttempt.set(attempt, [...(byAttempt.get(attempt) ?? []), row]);
  }
  return byAttempt;
}

/** The version of `unicodePwd` that this write made: the newest remembered one has the present version. */
function versionOf(
  { version, written }: { version: number; written: readonly (string | null)[] },
  password: string,
) {
  return version - written.indexOf(password);
}

/** Others may have written between what was read before and after; ours lies in between. */
function liesWithin({ evidence }: Outcome, version: number): boolean {
  const { versionBefore = 0, versionAfter = Number.POSITIVE_INFINITY } = evidence ?? {};
  return versionBefore < version && version <= versionAfter;
}

/** "Unknown" is an honest word where the password was written since by somebody, and a poor one where it was not. */
function hasMoved({ evidence }: Outcome): boolean {
  return evidence?.versionAfter !== undefined && evidence.versionAfter !== evidence.versionBefore;
}

export function isClean({ wrong }: Verdict): boolean {
  return Object.values(wrong).every((count) => count === 0);
}
