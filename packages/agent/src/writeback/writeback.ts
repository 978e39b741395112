/** The writeback of a running agent: what it serves, what it tells by itself, and what it cleans up. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Directory } from '@homeward/active-directory';
import { EVENTS } from '@homeward/protocol/event';
import { newId } from '@homeward/protocol/id';
import { type AgentReport, encodeReports, MOST_FORESTS } from '@homeward/protocol/report';
import { AgentError } from '../errors.ts';
import { type ReportDeps, reportsOf } from './collect-report.ts';
import { directoryHealth } from './directory-health.ts';
import { inFlight } from './in-flight.ts';
import { outcomeSender } from './outcome-sender.ts';
import { personTurns } from './person-turns.ts';
import { preparedWrites } from './prepared-writes.ts';
import { unsettledResolver } from './resolve-unsettled.ts';
import { sealFrame } from './sealed-frames.ts';
import type { WritebackDeps } from './serve-deps.ts';
import { frameServer, type ServeFrame } from './serve-frames.ts';
import { CLOCK_TOLERANCE } from './time-window.ts';

const TELL_EVERY = 30_000;
const HEARTBEAT_EVERY = 5 * 60_000;
const PRUNE_EVERY = 60 * 60_000;
const DRAIN = 5_000;

export type Writeback = {
  /** one frame from any link; answers go out by `send` */
  serve: ServeFrame;
  /** a link is ready: tells at once whose it is, and then what the cloud may have missed */
  onReady: () => void;
  report: () => Promise<AgentReport>;
  start: () => void;
  /** Takes no more offers, and gives what is under way a few seconds; the rest is left to the journal. */
  stop: () => Promise<void>;
};

/** @throws {AgentError} ERR_CONFIG_INVALID for more forests than one agent may have */
export function openWriteback(
  given: WritebackDeps & {
    forests: ReadonlyMap<string, { directory: Directory; requirePolicyHints: boolean }>;
  } & Pick<ReportDeps, 'version' | 'countPeople'>,
): Writeback {
  const { journal, clock, log, rules } = given;
  const { size } = given.forests;
  if (size > MOST_FORESTS)
    throw new AgentError(
      'ERR_CONFIG_INVALID',
      `forests: one agent has at most ${MOST_FORESTS} forests, not ${size}; enrol another agent for the others`,
    );
  const timers: NodeJS.Timeout[] = [];
  let isStopping = false;
  const shared = {
    ...given,
    flight: inFlight(),
    turns: personTurns(),
    prepared: preparedWrites(clock.monotonic),
    health: directoryHealth(clock.monotonic),
    counts: { served: 0, applied: 0 },
    isStopping: () => isStopping,
  };
  const session = journal.nextSession();
  const instance = newId();
  const reports = reportsOf({
    ...shared,
    ...{ session, instance, now: clock.now },
    generation: () => given.keys.current.number,
    breakerOpen: () => rules?.breakerOpen() ?? false,
  });
  const resolver = unsettledResolver(shared);
  const sendAgain = outcomeSender(given);

  async function heartbeat(told: AgentReport): Promise<void> {
    const { forests, counts } = told;
    log.info({ event: EVENTS.heartbeat, forests, counts }, 'heartbeat');
    const header = { type: 'heartbeat' as const, requestId: newId(), expires: clock.now() + 60_000 };
    for (const body of encodeReports(told)) given.send(await sealFrame(given, header, body));
  }

  /** The cloud sends nothing on a link before it has this: a reset that a lost link held up waits for it. */
  async function introduce(): Promise<void> {
    try {
      await heartbeat(reports.remembered());
    } finally {
      await sendAgain();
    }
  }

  function prune(): void {
    const entries = journal.prune(clock.now());
    if (entries > 0) log.debug({ entries }, 'the journal forgot what is over');
  }

  function warnOfClock(): void {
    const highWater = journal.highWater();
    if (highWater - clock.now() <= CLOCK_TOLERANCE) return;
    const until = new Date(highWater).toISOString();
    log.error(
      { event: EVENTS.configurationError, until },
      `the clock of this machine was once ahead, at ${until}, and until then every request is refused as expired. If the clock is right now and you cannot wait: stop the agent, then "homeward-agent journal reset-clock"`,
    );
  }

  /** What comes by itself may fail by itself: the next one comes, too. */
  function quietly(work: () => unknown): () => void {
    return () => {
      if (isStopping) return;
      Promise.resolve()
        .then(work)
        .catch((err: unknown) => {
          if (!isStopping) log.error({ event: EVENTS.unknownError, err }, 'a regular task failed');
        });
    };
  }

  return {
    serve: frameServer({ ...shared, resolver, report: reports.asked }),
    onReady: quietly(introduce),
    report: reports.asked,
    start() {
      warnOfClock();
      prune();
      resolver.resume();
      timers.push(
        setInterval(quietly(sendAgain), TELL_EVERY),
        setInterval(
          quietly(async () => heartbeat(await reports.asked())),
          HEARTBEAT_EVERY,
        ),
        setInterval(quietly(prune), PRUNE_EVERY),
      );
    },
    async stop() {
      isStopping = true;
      for (const timer of timers) clearInterval(timer);
      resolver.stop();
      const until = clock.monotonic() + DRAIN;
      while (shared.flight.count() > 0 && clock.monotonic() < until) await delay(20);
    },
  };
}
