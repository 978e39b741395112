/**
 * Writes whose end nobody knows: those that this process lost the answer to, and those that an earlier one left
 * behind. Each is asked about until the directory has told, one at a time for each person.
 */
import type { DirectoryOutcome } from '@homeward/active-directory';
import { EVENTS } from '@homeward/protocol/event';
import { OPERATIONS } from '@homeward/protocol/operation';
import { OUTCOMES } from '@homeward/protocol/outcome';
import type { Intent } from './journal.ts';
import { type Lost, resolveLost } from './resolve-lost.ts';
import { sealReply } from './sealed-frames.ts';
import type { ServeDeps } from './serve-deps.ts';

/** A controller that is away is asked again, at first soon; after a week the end stays unknown for good. */
const FIRST_WAIT = 2_000;
const LONGEST_WAIT = 60_000;
const DAY = 24 * 60 * 60_000;
const GIVE_UP_AFTER = 7 * DAY;
/** A lock ends by itself, or by the next unlock, long before: what became of this one says nothing any more. */
const GIVE_UP_UNLOCK_AFTER = DAY;

export type Resolver = {
  /** One attempt, inside the person's turn; if nothing can be told yet, the next ones come by themselves. Never throws. */
  resolve: (lost: Lost) => Promise<void>;
  /** All that the journal holds from before. */
  resume: () => void;
  stop: () => void;
};

export function unsettledResolver(deps: Omit<ServeDeps, 'counts'>): Resolver {
  const { journal, log, clock, turns, directoryOf } = deps;
  const stopping = new AbortController();
  const { signal } = stopping;
  const timers = new Set<NodeJS.Timeout>();

  async function attempt(lost: Lost, wait: number): Promise<void> {
    const { intent } = lost;
    const outcome = await ask(lost);
    if (signal.aborted) return;
    const isTold = outcome !== undefined && !isPassing(outcome);
    const giveUpAfter = intent.operation === 'unlock' ? GIVE_UP_UNLOCK_AFTER : GIVE_UP_AFTER;
    if (isTold || clock.now() >= intent.expires + giveUpAfter)
      return settle(intent, outcome ?? { kind: 'unknown' });
    const { requestId, forest } = intent;
    const fields = { requestId, forest, diagnosis: outcome?.diagnosis, retryInMs: wait };
    log[wait === FIRST_WAIT ? 'warn' : 'debug'](fields, 'what became of a write is not known yet');
    again(lost, wait);
  }

  async function ask(lost: Lost): Promise<DirectoryOutcome | undefined> {
    const directory = directoryOf(lost.intent.forest);
    if (directory === undefined) return undefined;
    try {
      return await resolveLost(directory, { ...lost, signal });
    } catch (err) {
      if (!signal.aborted)
        log.error(
          { event: EVENTS.unknownError, requestId: lost.intent.requestId, err },
          'a write could not be resolved',
        );
      return undefined;
    }
  }

  function again(lost: Lost, wait: number): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      begin(lost, Math.min(2 * wait, LONGEST_WAIT));
    }, wait);
    timers.add(timer);
  }

  function begin(lost: Lost, wait: number): void {
    turns(lost.intent.objectGuid, () => attempt(lost, wait)).catch(noted);
  }

  /** The intent stays in the journal: the next start asks again. */
  function noted(err: unknown): void {
    if (!signal.aborted) log.error({ event: EVENTS.unknownError, err }, 'a write could not be resolved');
  }

  async function settle(intent: Intent, outcome: DirectoryOutcome): Promise<void> {
    const { requestId, operation, forest, digest, isSealed } = intent;
    const { event: ofOutcome } = OUTCOMES[outcome.kind];
    const told = { outcome, event: ofOutcome ?? OPERATIONS[operation].succeeded };
    journal.settle(intent, told);
    const { kind, diagnosis, evidence } = outcome;
    const fields = { event: told.event, requestId, operation, forest, outcome: kind, evidence, diagnosis };
    log.warn(fields, 'a write whose answer was lost is resolved');
    deps.send(await sealReply(deps, intent, isSealed ? digest : undefined, told));
  }

  return {
    resolve: (lost) => attempt(lost, FIRST_WAIT).catch(noted),
    resume() {
      // Whoever sent these held the journal's lock until this process got it.
      const sentAt = clock.now();
      for (const intent of journal.unsettled()) begin({ intent, sentAt }, FIRST_WAIT);
    },
    stop() {
      stopping.abort();
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

/** The controller could not be asked: later it may. */
function isPassing({ kind, diagnosis }: DirectoryOutcome): boolean {
  return kind === 'unknown' && diagnosis !== undefined;
}
