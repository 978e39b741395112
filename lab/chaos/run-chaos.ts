/**
 * "Kill anything": resets of many people over HTTP, while agent, cloud (with the relay in it) and domain controller
 * are killed and started again, their links are cut, and an administrator works on the same people. Ends when everything runs again and
 * every request is settled, or two minutes later.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RandomSource, randomSource } from '../../tools/fuzz/random-source.ts';
import { type Homeward, startHomeward } from '../demo/homeward.ts';
import { type Controller, killController, startController, stopController } from '../forest/controller.ts';
import type { LabPerson } from '../lab-file.ts';
import type { TcpGate } from '../network/tcp-gate.ts';
import { grantMarker, MARKER } from '../scenarios/storm-forest.ts';
import { readRequestRows } from './cloud-rows.ts';
import { type Attempt, type DirectoryMemory, judge, type Verdict } from './judge.ts';
import { untilLogged } from './log-tail.ts';
import { attemptReset, lookAgain, reachPassword, type Tried } from './reset-attempt.ts';
import { type SecondWriter, startSecondWriter } from './second-writer.ts';
import { nextStrikes, perform, type Targets } from './strikes.ts';
import { readWrittenPasswords } from './written-passwords.ts';

export type ChaosPlan = {
  controller: Controller;
  /** of this run, where nothing else lies; emptied first */
  folder: string;
  /** granted requests, at least */
  resets: number;
  seed: number;
  withMarker: boolean;
  /** also: the agent stands still between grant and write for longer than any of its requests lives */
  freeze: boolean;
  /** ends it early, and leaves nothing running */
  signal?: AbortSignal;
  say: (line: string) => void;
};

export type ChaosResult = Verdict & {
  seed: number;
  withMarker: boolean;
  strikes: Record<string, number>;
  secondWriter: Record<string, number>;
  /** ms from the last restart until every request was settled */
  settledAfter: number;
};

/** The issue's own limit: whatever died, the truth is known by then. */
const RESOLVE_LIMIT_MS = 120_000;
const ROOMY = { max: 1_000_000, withinSeconds: 60, blockSeconds: 1 };
const CLOUD = {
  limits: {
    ...{ codesAsked: ROOMY, codesAskedInADay: ROOMY, startsFromAddress: ROOMY },
    ...{ wrongCodes: ROOMY, wrongCodesFromAddress: ROOMY },
  },
  timings: { answerSeconds: 3 },
};
/** a request lives for two minutes, and an agent's clock may differ by one */
const FROZEN_MS = 190_000;
/** in the cloud's log, when an agent may have it */
const GRANTED = 'request sent to the agent';
const SMALLEST_BATCH = 6;
const LARGEST_BATCH = 16;
/** the buttons of a batch are pressed within this */
const SPREAD_MS = 150;
/** While something is away nobody gets that far; who does not sits this batch out. */
const GATE_TRIES = 12;
const RULES = { writesPerMinute: 100_000, writesPerHour: 1_000_000 };

export async function runChaos(plan: ChaosPlan): Promise<ChaosResult> {
  const { controller, folder, seed, withMarker, say } = plan;
  const { forest, lab } = controller;
  if (withMarker) await grantMarker(controller);
  const before = await readWrittenPasswords(controller, new Map(forest.people.map((person) => [person, []])));
  const random = randomSource(seed);
  const homeward = await startHomeward({
    ...{ lab, folder, cloud: CLOUD, rules: RULES },
    ...(withMarker && { marker: MARKER }),
  });
  const attempts: Tried[] = [];
  const writer = startSecondWriter(forest, random.fork('second writer'));
  try {
    const strikes = await strikeBatches(plan, homeward, attempts, random.fork('batches'));
    await writer.stop();
    if (plan.freeze) await freezeBeyondExpiry(plan, homeward, attempts);
    const settledAfter = await untilSettled(join(folder, 'cloud'), say);
    for (const attempt of attempts) await lookAgain(attempt, homeward);
    await homeward.agent.stop();
    await homeward.cloud.stop();
    await stopController(controller);
    const rows = await readRequestRows(join(folder, 'cloud'));
    const directory = await directoryMemory(controller, attempts, writer.tried, before);
    const othersTried = new Map(writer.tried.map(({ password, at }) => [password, at]));
    const verdict = judge({ attempts, rows, directory, othersTried });
    return { ...verdict, ...{ seed, withMarker, strikes, secondWriter: writer.counts, settledAfter } };
  } finally {
    await writer.stop();
    await homeward.stop();
  }
}

/** Batch after batch: everybody in it stands before the last button, all press it, and something dies meanwhile. */
async function strikeBatches(
  { controller, resets, say, folder, signal }: ChaosPlan,
  homeward: Homeward,
  attempts: Tried[],
  random: RandomSource,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const targets = targetsOf(homeward, controller);
  for (let told = 0; ; ) {
    signal?.throwIfAborted();
    const people = batchOf(random, controller.forest.people);
    const strikes = nextStrikes(random);
    const delays = people.map(() => random.below(SPREAD_MS));
    const browsers = await Promise.all(people.map((person) => reachPassword(homeward, person, GATE_TRIES)));
    const pressing = people.map(async (person, index) => {
      const browser = browsers[index];
      if (browser === undefined) return;
      await sleep(delays[index]);
      await attemptReset(browser, person, choiceOf(index), (attempt) => attempts.push(attempt));
    });
    await Promise.all([...pressing, ...strikes.map((strike) => perform(strike, targets))]);
    for (const { victim, how } of strikes) counts[`${victim} ${how}`] = (counts[`${victim} ${how}`] ?? 0) + 1;
    const granted = (await readRequestRows(join(folder, 'cloud'))).length;
    if (granted >= resets) return counts;
    if (granted < told + 50) continue;
    told = granted;
    say(`  ${granted} requests; ${JSON.stringify(counts)}`);
  }
}

/**
 * Everybody presses the button, and the agent stands still as soon as the first request was sent to it: some are
 * written, some are read and not written, some lie in its buffers. When it goes on, all of them are too old.
 */
async function freezeBeyondExpiry(
  { controller, say, signal }: ChaosPlan,
  homeward: Homeward,
  attempts: Tried[],
): Promise<void> {
  const { people } = controller.forest;
  const browsers = await Promise.all(people.map((person) => reachPassword(homeward, person, GATE_TRIES)));
  const granted = untilLogged(homeward.cloud.logFile, GRANTED);
  const pressing = people.map(async (person, index) => {
    const browser = browsers[index];
    if (browser === undefined) return;
    await attemptReset(browser, person, choiceOf(index), (attempt) => attempts.push(attempt));
  });
  const { freezeAgent, thawAgent } = targetsOf(homeward, controller);
  await granted;
  freezeAgent();
  say(`  the agent is frozen for ${FROZEN_MS / 1_000} s`);
  await Promise.all([...pressing, sleep(FROZEN_MS, undefined, signal && { signal })]);
  thawAgent();
}

/** Every second person of a batch has script. */
function choiceOf(index: number): { password: string; byScript: boolean } {
  return { password: `Chaos-${randomUUID()}`, byScript: index % 2 === 0 };
}

function batchOf(random: RandomSource, people: readonly LabPerson[]): LabPerson[] {
  const left = [...people];
  const size = SMALLEST_BATCH + random.below(LARGEST_BATCH - SMALLEST_BATCH + 1);
  return Array.from({ length: size }, () => left.splice(random.below(left.length), 1)).flat();
}

function targetsOf(homeward: Homeward, controller: Controller): Targets {
  const { agent, cloud, frontCable, directoryCable } = homeward;
  const cutting = (cable: TcpGate | undefined) => ({
    kill: async () => cable?.close(),
    start: async () => cable?.reopen(),
  });
  const signalAgent = (signal: NodeJS.Signals) => {
    if (agent.pid !== undefined) process.kill(agent.pid, signal);
  };
  return {
    agent: { kill: () => agent.kill(), start: async () => agent.start() },
    cloud: { kill: () => cloud.kill(), start: async () => cloud.start() },
    controller: { kill: () => killController(controller), start: () => startController(controller) },
    link: cutting(frontCable),
    directoryCable: cutting(directoryCable),
    freezeAgent: () => signalAgent('SIGSTOP'),
    thawAgent: () => signalAgent('SIGCONT'),
  };
}

/** @returns ms until no request was open any more, or the limit */
async function untilSettled(dataFolder: string, say: (line: string) => void): Promise<number> {
  const since = performance.now();
  for (;;) {
    const open = (await readRequestRows(dataFolder)).filter(({ state }) => state !== 'settled');
    const waited = performance.now() - since;
    if (open.length === 0 || waited > RESOLVE_LIMIT_MS) {
      say(`  ${open.length} requests are open ${Math.round(waited / 1_000)} s after the last restart`);
      return Math.round(waited);
    }
    await sleep(1_000);
  }
}

async function directoryMemory(
  controller: Controller,
  attempts: readonly Attempt[],
  others: SecondWriter['tried'],
  before: ReadonlyMap<string, { version: number }>,
): Promise<ReadonlyMap<string, DirectoryMemory>> {
  const tried = new Map(
    controller.forest.people.map((person) => {
      const ours = attempts.filter((attempt) => attempt.person === person.userName);
      const theirs = others.filter((one) => one.person === person.userName);
      return [person, [...ours, ...theirs].map(({ password }) => password)] as const;
    }),
  );
  const remembered = await readWrittenPasswords(controller, tried);
  return new Map(
    [...tried].map(([{ userName }, passwords]) => {
      const { version = 0, lastWrittenAt = 0, written = [] } = remembered.get(userName) ?? {};
      const firstVersion = before.get(userName)?.version ?? 0;
      const named = written.map((index) => (index === null ? null : (passwords[index] ?? null)));
      return [userName, { version, firstVersion, lastWrittenAt, written: named }] as const;
    }),
  );
}
