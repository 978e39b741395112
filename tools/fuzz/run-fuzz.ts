import { FuzzDefect, type FuzzInput, type FuzzTarget } from './fuzz-target.ts';
import { randomSource } from './random-source.ts';

export type FuzzPlan = {
  targets: readonly FuzzTarget[];
  /** malformed inputs in all; what turns out to be valid is on top of them */
  refusals: number;
  seed: number;
  say: (line: string) => void;
  /** MB held after a collection, by place: this process, and those that are fuzzed over a network */
  heap: () => Promise<Record<string, number>>;
};

export type FuzzResult = {
  seed: number;
  inputs: number;
  refused: number;
  read: number;
  refusals: Record<string, number>;
  heapMB: Record<string, { before: number; after: number }>;
};

/** What may stay in memory of a run, however long it is. */
const HEAP_GROWTH_MB = 24;
/** before the first measurement, of each target: what is compiled and cached once */
const WARM_UP = 200;
const STEPS = 10;

/** @throws {FuzzDefect} on a crash, a refusal without a name of its own, or memory that is not given back */
export async function runFuzz(plan: FuzzPlan): Promise<FuzzResult> {
  const { targets, seed, say } = plan;
  const random = randomSource(seed);
  const sum = targets.reduce((total, { share }) => total + share, 0);
  const lanes = targets.map((target) => ({
    target,
    random: random.fork(target.name),
    tally: { refused: 0, read: 0, codes: new Map<string, number>() },
    quota: Math.ceil((plan.refusals * target.share) / sum),
  }));
  for (const lane of lanes) await fill(lane, Math.min(WARM_UP, lane.quota));
  const before = await plan.heap();
  for (let step = 1; step <= STEPS; step++) {
    for (const lane of lanes) await fill(lane, Math.ceil((lane.quota * step) / STEPS));
    const after = await plan.heap();
    for (const [place, megabytes] of Object.entries(after)) {
      if (megabytes - (before[place] ?? megabytes) > HEAP_GROWTH_MB)
        throw new FuzzDefect(place, `seed ${seed}`, `holds ${megabytes} MB, ${before[place]} MB at first`);
    }
    const refused = lanes.reduce((total, { tally }) => total + tally.refused, 0);
    const held = Object.entries(after).map(([place, megabytes]) => `${place} ${megabytes.toFixed(0)} MB`);
    say(`  ${refused.toLocaleString('en')} refused; after a collection: ${held.join(', ')}`);
  }
  const after = await plan.heap();
  const codes = new Map<string, number>();
  for (const { tally } of lanes)
    for (const [code, count] of tally.codes) codes.set(code, (codes.get(code) ?? 0) + count);
  const refused = lanes.reduce((total, { tally }) => total + tally.refused, 0);
  const read = lanes.reduce((total, { tally }) => total + tally.read, 0);
  return {
    ...{ seed, inputs: refused + read, refused, read },
    refusals: Object.fromEntries([...codes].toSorted(([one], [other]) => one.localeCompare(other))),
    heapMB: Object.fromEntries(
      Object.entries(after).map(([place, megabytes]) => [
        place,
        { before: before[place] ?? 0, after: megabytes },
      ]),
    ),
  };
}

type Lane = {
  target: FuzzTarget;
  random: ReturnType<typeof randomSource>;
  tally: { refused: number; read: number; codes: Map<string, number> };
  quota: number;
};

async function fill({ target, random, tally }: Lane, upTo: number): Promise<void> {
  while (tally.refused < upTo) {
    const inputs = Array.from({ length: target.atOnce }, () => target.next(random));
    if (target.atOnce > 1) {
      await Promise.all(inputs.map((input) => offer(target, tally, input)));
    } else {
      // readers that answer at once are not made to wait for a turn of the event loop each time
      for (const input of inputs) {
        const pending = offerAtOnce(target, tally, input);
        if (pending !== undefined) await pending;
      }
    }
  }
}

async function offer(target: FuzzTarget, tally: Lane['tally'], input: FuzzInput): Promise<void> {
  try {
    count(target, tally, input, await input.offer());
  } catch (cause) {
    throw defect(target, input, cause);
  }
}

function offerAtOnce(target: FuzzTarget, tally: Lane['tally'], input: FuzzInput): Promise<void> | undefined {
  try {
    const verdict = input.offer();
    if (verdict instanceof Promise) return offer(target, tally, { ...input, offer: () => verdict });
    count(target, tally, input, verdict);
    return undefined;
  } catch (cause) {
    throw defect(target, input, cause);
  }
}

function count(
  target: FuzzTarget,
  tally: Lane['tally'],
  input: FuzzInput,
  verdict: Awaited<ReturnType<FuzzInput['offer']>>,
): void {
  if (verdict === 'read') {
    tally.read++;
    return;
  }
  const { refused: code } = verdict;
  if (!target.refusals.has(code)) throw new FuzzDefect(target.name, input.shown(), `refused as ${code}`);
  tally.refused++;
  tally.codes.set(code, (tally.codes.get(code) ?? 0) + 1);
}

function defect(target: FuzzTarget, input: FuzzInput, cause: unknown): FuzzDefect {
  if (cause instanceof FuzzDefect) return cause;
  return new FuzzDefect(target.name, input.shown(), String(cause), { cause });
}
