import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Directory, DirectoryOutcome, EvidenceBefore } from '@homeward/active-directory';
import { Password } from '@homeward/protocol/password';
import type { LabPerson } from '../lab-file.ts';

/** One reset as an agent carries it out: noted down before it is sent, and resolved where its answer was lost. */
export type Attempt = {
  person: LabPerson;
  password: Password;
  /** absent where nothing was sent */
  before: EvidenceBefore | undefined;
  /** what the reset itself said */
  said: DirectoryOutcome['kind'];
  /** after resolving, where that was needed */
  outcome: DirectoryOutcome;
};

export type LanesPlan = {
  directory: Directory;
  people: LabPerson[];
  resets: number;
  /** the attribute that tells a lost write apart; used for every second person */
  marker: string;
  /** done when a quarter of the resets is through, between the journal's note of one of them and its write */
  strike: () => Promise<void>;
  /** begun right after it, with what is tried so far; every lane goes on until this is over, and all is well again */
  recover: (attempts: readonly Attempt[]) => Promise<void>;
  /** compares an attempt with what the directory holds, right after it */
  verify: (attempt: Attempt) => Promise<void>;
};

/** Resets of each person after the recovery: at least so many, and on until two in a row went well, at most so many. */
const AFTERWARDS = { least: 4, most: 200, well: 2 };
/** For how long a lost write is asked for again, ms: its controller may be started only after a while. */
const ASKED_FOR_MS = 180_000;

/** Several people at once, each of them again and again, so that what one write left is what the next one finds. */
export async function resetInLanes(plan: LanesPlan): Promise<Attempt[]> {
  const attempts: Attempt[] = [];
  let recovery: Promise<void> | undefined;
  let struck = false;
  let over = false;
  const strikeOnce = async () => {
    if (struck || attempts.length < plan.resets / 4) return;
    struck = true;
    await plan.strike();
    recovery = plan.recover(attempts).finally(() => {
      over = true;
    });
  };
  const lane = async (person: LabPerson, index: number) => {
    const marker = index % 2 === 0 ? plan.marker : undefined;
    let [afterwards, well] = [0, 0];
    const isThrough = () =>
      attempts.length >= plan.resets &&
      (afterwards >= AFTERWARDS.most || (afterwards >= AFTERWARDS.least && well >= AFTERWARDS.well));
    while (!isThrough()) {
      if (over) afterwards++;
      const attempt = await resetOnce(plan.directory, { person, marker, beforeWrite: strikeOnce });
      attempts.push(attempt);
      well = attempt.said === 'applied' ? well + 1 : 0;
      await plan.verify(attempt);
      // Nobody tries again at once, and without a pause an outage would use up all resets.
      if (attempt.said !== 'applied') await sleep(150);
    }
  };
  await Promise.all(plan.people.map(lane));
  await recovery;
  return attempts;
}

async function resetOnce(
  directory: Directory,
  one: { person: LabPerson; marker: string | undefined; beforeWrite: () => Promise<void> },
): Promise<Attempt> {
  const { person, marker } = one;
  const password = Password.of(`Storm-${randomUUID()}`);
  const fence = marker === undefined ? {} : { fence: { attribute: marker, requestId: randomUUID() } };
  const target = { objectGuid: person.objectGuid };
  let before: EvidenceBefore | undefined;
  let outcome = await directory.resetPassword(target, password, {
    mustChange: false,
    unlockToo: true,
    ...fence,
    onBeforeWrite: async (seen) => {
      before = seen;
      await one.beforeWrite();
    },
  });
  const said = outcome.kind;
  const sentAt = Date.now();
  const end = performance.now() + ASKED_FOR_MS;
  while (before && outcome.kind === 'unknown' && performance.now() < end) {
    outcome = await directory.resolve({ target, operation: 'reset', before, sentAt, password, ...fence });
    if (outcome.kind === 'unknown') await sleep(250);
  }
  return { person, password, before, said, outcome };
}
