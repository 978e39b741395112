/**
 * Holds what the cloud says of each reset against what the directory remembers. Every password of a run is its own,
 * so that each write in the directory is known by its writer, and a second one of the same password shows.
 */
import type { Outcome } from '@homeward/protocol/outcome';

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
  expiresAt: number;
  settledAt: number | null;
  outcome: Outcome | null;
};

export type DirectoryMemory = {
  /** version of `unicodePwd`, one more with each write; before the run, and now */
  firstVersion: number;
  version: number;
  /** Unix ms, whole seconds: when the newest password was written */
  lastWrittenAt: number;
  /** newest first; null for a password that nobody of the run tried */
  written: readonly (string | null)[];
};

export type Evidently = {
  attempts: readonly Attempt[];
  rows: readonly RequestRow[];
  /** of each person, by user name */
  directory: ReadonlyMap<string, DirectoryMemory>;
  /** when the second writer tried which password, Unix ms */
  othersTried: ReadonlyMap<string, number>;
};

/** What must be zero. */
export const WRONGS = [
  'toldAppliedButNotWritten',
  'toldNotWrittenButWritten',
  'writtenTwice',
  'writtenLate',
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

/** A write of another may be tried this long before it lands, while a controller is away or busy. */
const LINGERS_MS = 5_000;

/** Agents carry out what expired up to a minute ago, since their clock may differ (docs/protocol.md, "Expiry"). */
const CLOCK_TOLERANCE_MS = 60_000;

/** Something was written, or not; `superseded` and `unknown` do not say. */
const UNDECIDED: ReadonlySet<string> = new Set(['superseded', 'unknown']);

export function judge(given: Evidently): Verdict {
  const { attempts, rows, directory } = given;
  const wrong = Object.fromEntries(WRONGS.map((name) => [name, 0])) as Record<Wrong, number>;
  const details: string[] = [];
  const note = (name: Wrong, about: string) => {
    wrong[name]++;
    details.push(`${name}: ${about}`);
  };
  const outcomes: Record<string, number> = {};
  const rowsOf = rowsByAttempt(attempts, rows);
  for (const attempt of attempts) {
    const memory = directory.get(attempt.person);
    if (memory === undefined) throw new Error(`the directory does not know ${attempt.person}`);
    const mine = rowsOf.get(attempt) ?? [];
    const about = describe(attempt, mine, memory);
    for (const name of wrongsOf(attempt, mine, memory, given)) note(name, about);
    const { outcome } = mine[0] ?? {};
    if (!outcome) continue;
    const evidence = outcome.kind === 'unknown' ? `, ${outcome.evidence?.kind ?? 'none'}` : '';
    outcomes[outcome.kind + evidence] = (outcomes[outcome.kind + evidence] ?? 0) + 1;
  }
  const tried = new Set(attempts.map(({ password }) => password));
  const writes = { ours: 0, others: 0 };
  for (const [person, memory] of directory) {
    const known = memory.written.slice(0, memory.version - memory.firstVersion);
    const strangers = known.filter((password) => password === null).length;
    if (known.length !== memory.version - memory.firstVersion || strangers > 0)
      note('writeOfNobody', `${person}: ${known.length} remembered, ${strangers} of nobody`);
    for (const password of known) writes[password !== null && tried.has(password) ? 'ours' : 'others']++;
  }
  return { attempts: attempts.length, granted: rowsOf.size, outcomes, writes, wrong, details };
}

function wrongsOf(
  attempt: Attempt,
  rows: readonly RequestRow[],
  memory: DirectoryMemory,
  given: Evidently,
): Wrong[] {
  const [row] = rows;
  const times = timesWritten(attempt, memory);
  const saidChanged = [attempt.page, attempt.finalPage].includes('changed');
  const always: [Wrong, boolean][] = [
    ['writtenTwice', times > 1],
    ['writtenLate', row !== undefined && isNewestAndLate(attempt, row, memory)],
    ['twoRequestsForOneAttempt', rows.length > 1],
    ['writtenWithoutRecord', row === undefined && times > 0],
    ['pageSaidChangedButNotWritten', saidChanged && times === 0],
    ['unresolved', row !== undefined && (row.state !== 'settled' || row.outcome === null)],
  ];
  const outcome = row?.state === 'settled' ? row.outcome : null;
  if (!row || !outcome) return always.flatMap(([name, is]) => (is ? [name] : []));
  const { kind } = outcome;
  const applied = kind === 'applied';
  const settled: [Wrong, boolean][] = [
    ['toldAppliedButNotWritten', applied && times === 0],
    ['toldNotWrittenButWritten', !applied && !UNDECIDED.has(kind) && times > 0],
    ['wrongVersion', applied && times === 1 && !liesWithin(outcome, versionOf(memory, attempt.password))],
    ['pageIsNotTheOutcome', (attempt.finalPage === 'changed') !== applied],
    [
      'unknownWithoutEvidence',
      kind === 'unknown' && !hasMoved(outcome) && !othersWrote(attempt, row, memory, given),
    ],
  ];
  return [...always, ...settled].flatMap(([name, is]) => (is ? [name] : []));
}

/** Only of the newest password the time is remembered; a frozen agent's is the newest one, if it wrote at all. */
function isNewestAndLate({ password }: Attempt, { expiresAt }: RequestRow, memory: DirectoryMemory): boolean {
  return memory.written[0] === password && memory.lastWrittenAt > expiresAt + CLOCK_TOLERANCE_MS;
}

function timesWritten({ password }: Attempt, { written }: DirectoryMemory): number {
  return written.filter((one) => one === password).length;
}

function describe(attempt: Attempt, [row]: readonly RequestRow[], memory: DirectoryMemory): string {
  const { person, startedAt, page, finalPage } = attempt;
  const at = new Date(startedAt).toISOString();
  const told = `pages ${page} and ${finalPage}, state ${row?.state}, outcome ${JSON.stringify(row?.outcome)}`;
  return `${person} at ${at}, request ${row?.id}, ${told}, written ${timesWritten(attempt, memory)}`;
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
function othersWrote(
  attempt: Attempt,
  { settledAt }: RequestRow,
  { written }: DirectoryMemory,
  { attempts, othersTried }: Evidently,
): boolean {
  const ours = attempts
    .filter((other) => other !== attempt)
    .map((other) => [other.password, other.startedAt] as const);
  return [...ours, ...othersTried].some(
    ([password, at]) =>
      at > attempt.startedAt - LINGERS_MS && at < (settledAt ?? 0) && written.includes(password),
  );
}

function hasMoved({ evidence }: Outcome): boolean {
  return evidence?.versionAfter !== undefined && evidence.versionAfter !== evidence.versionBefore;
}

export function isClean({ wrong }: Verdict): boolean {
  return Object.values(wrong).every((count) => count === 0);
}
