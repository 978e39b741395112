/** Kills and restarts, by a plan that follows from the seed. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RandomSource } from '../../tools/fuzz/random-source.ts';

/**
 * `link`: what people and agent are connected to the cloud by; `directoryCable`: the agent's way to its controller,
 * on which answers to writes are lost that were carried out.
 */
export type Victim = 'agent' | 'cloud' | 'controller' | 'link' | 'directoryCable';
/** `freeze` stops the agent between two instructions, and lets it go on as if nothing had been. */
export type Strike = { victim: Victim; how: 'kill' | 'cut' | 'freeze'; waitMs: number; downMs: number };

export type Targets = Record<Victim, { kill: () => Promise<void>; start: () => Promise<void> }> & {
  freezeAgent: () => void;
  thawAgent: () => void;
};

/** A batch of resets takes this long, one write after another; strikes fall anywhere within it. */
const BATCH_MS = 450;

/** What befalls one batch of resets: mostly one strike, now and then two at once, now and then none. */
export function nextStrikes(random: RandomSource): Strike[] {
  const first = anyStrike(random);
  if (random.chance(0.1)) return [];
  if (random.chance(0.8)) return [first];
  const second = anyStrike(random);
  return second.victim === first.victim ? [first] : [first, second];
}

const VICTIMS = [
  ...(['agent', 'agent', 'agent', 'cloud', 'cloud', 'controller'] as const),
  ...(['link', 'link', 'directoryCable', 'directoryCable'] as const),
];
const CABLES: ReadonlySet<Victim> = new Set<Victim>(['link', 'directoryCable']);

function anyStrike(random: RandomSource): Strike {
  const victim = random.pick(VICTIMS);
  const how = CABLES.has(victim) ? 'cut' : victim === 'agent' && random.chance(0.2) ? 'freeze' : 'kill';
  return {
    victim,
    how,
    waitMs: random.below(BATCH_MS),
    downMs: random.below(how === 'freeze' ? 3_500 : 1_200),
  };
}

export async function perform({ victim, how, waitMs, downMs }: Strike, targets: Targets): Promise<void> {
  await sleep(waitMs);
  if (how === 'freeze') {
    targets.freezeAgent();
    await sleep(downMs);
    targets.thawAgent();
  } else {
    await targets[victim].kill();
    await sleep(downMs);
    await targets[victim].start();
  }
}
