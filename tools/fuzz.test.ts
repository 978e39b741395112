import { expect, test } from 'vitest';
import { fuzzEverything } from './fuzz/fuzz.ts';
import type { FuzzTarget, Verdict } from './fuzz/fuzz-target.ts';
import { mutatedText } from './fuzz/mutate-json.ts';
import { randomSource } from './fuzz/random-source.ts';
import { runFuzz } from './fuzz/run-fuzz.ts';

test('whatever bytes come in by any door, they are read or refused by one name', async () => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  const { refused, refusals } = await fuzzEverything(10_000, seed, () => {});
  expect(refused).toBeGreaterThanOrEqual(10_000);
  const named = ['ERR_FRAME_SIZE', 'ERR_PACKAGE_OPEN', 'ERR_ENVELOPE_OPEN', 'request_invalid', 'malformed'];
  for (const name of named) expect(refusals, `SEED=${seed}`).toHaveProperty(name);
}, 600_000);

test('what is done to one input is not done to the next', () => {
  const random = randomSource(5);
  const texts = Array.from({ length: 2_000 }, () =>
    mutatedText(random, { list: [[1, { a: 'b' }], []], map: { x: {}, y: [] } }),
  );
  expect(texts).toHaveLength(2_000);
  // What the stock of odd values holds is short; done to again and again it would grow.
  expect(Math.max(...texts.filter((text) => !/^\[+/.test(text)).map((text) => text.length))).toBeLessThan(
    40_000,
  );
});

test('the same seed gives the same inputs', () => {
  const inputs = (seed: number) => {
    const random = randomSource(seed).fork('one');
    return Array.from({ length: 50 }, () => random.bytes(random.below(9)));
  };
  expect(inputs(7)).toEqual(inputs(7));
  expect(inputs(7)).not.toEqual(inputs(8));
});

const door = (offer: () => Verdict | Promise<Verdict>, atOnce: number): FuzzTarget => ({
  ...{ name: 'a door', share: 1, refusals: new Set(['ERR_KNOWN']), atOnce },
  next: () => ({ shown: () => 'c0ffee', offer }),
});
const fuzz = (target: FuzzTarget, heap = async () => ({ here: 1 })) =>
  runFuzz({ targets: [target], refusals: 500, seed: 1, say: () => {}, heap });

test.each([1, 8])(
  'a crash, a refusal without its name and a leak are each found, %i at once',
  async (atOnce) => {
    expect(await fuzz(door(() => ({ refused: 'ERR_KNOWN' }), atOnce))).toMatchObject({
      refusals: { ERR_KNOWN: expect.any(Number) },
    });
    const crash = () => {
      throw new TypeError('undefined is not a function');
    };
    await expect(fuzz(door(crash, atOnce))).rejects.toThrow(/TypeError.*c0ffee/s);
    await expect(fuzz(door(() => ({ refused: 'ERR_OTHER' }), atOnce))).rejects.toThrow(
      'refused as ERR_OTHER',
    );
    let held = 0;
    const heap = async () => {
      held += 20;
      return { here: held };
    };
    await expect(
      fuzz(
        door(() => ({ refused: 'ERR_KNOWN' }), atOnce),
        heap,
      ),
    ).rejects.toThrow('holds 60 MB');
  },
);
