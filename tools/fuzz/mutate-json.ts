import fc from 'fast-check';
import type { RandomSource } from './random-source.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Values at the edge of what a reader may have thought of, and what fast-check thinks of. */
const EDGES: readonly Json[] = [
  ...[null, true, 0, -1, 1e308, 2 ** 53, '', ' ', '\0', '\ud800', 'é', 'S-1-5-21-0', '__proto__', [], {}],
  ...['x'.repeat(5_000), '{"a":1}', [[[[[[]]]]]], { constructor: { prototype: { polluted: true } } }],
];
/** Made once: fast-check is thorough, and slower than what it feeds. */
const IMAGINED = fc.sample(fc.jsonValue({ maxDepth: 3 }), { numRuns: 2_000, seed: 1 }) as Json[];

/** A copy of `value` with one to three places of it taken away, replaced, added to or renamed. */
export function mutatedJson(random: RandomSource, value: Json): Json {
  let changed = structuredClone(value);
  for (let left = 1 + random.below(3); left > 0; left--) changed = changeSomewhere(random, changed);
  return changed;
}

/** The text of it; now and then no JSON at all, or JSON that only a parser accepts. */
export function mutatedText(random: RandomSource, value: Json): string {
  const text = JSON.stringify(random.chance(0.9) ? mutatedJson(random, value) : value);
  const at = random.below(text.length);
  if (random.chance(0.03)) return `${text.slice(0, at)}"__proto__":{"polluted":true},${text.slice(at)}`;
  if (random.chance(0.03)) return `${'['.repeat(1 + random.below(4_000))}${text}`;
  return random.chance(0.08)
    ? text.slice(0, at) + random.pick(['', '\0', '}', '\ufffe', '"']) + text.slice(at + 1)
    : text;
}

function changeSomewhere(random: RandomSource, value: Json): Json {
  if (typeof value !== 'object' || value === null || random.chance(0.05)) return strange(random, value);
  const keys = Object.keys(value);
  if (keys.length === 0) return strange(random, value);
  const key = random.pick(keys);
  const inside = value as Record<string, Json>;
  if (random.chance(0.15)) delete inside[key];
  else if (random.chance(0.1)) inside[`${key}${random.pick(['', ' ', '\0', 'x'])}2`] = inside[key] ?? null;
  else inside[key] = changeSomewhere(random, inside[key] ?? null);
  return Array.isArray(value) ? value.filter((one) => one !== undefined) : value;
}

function strange(random: RandomSource, value: Json): Json {
  if (typeof value === 'string' && value !== '' && random.chance(0.6)) {
    const at = random.below(value.length);
    return value.slice(0, at) + random.pick(['', 'A', '=', '\0', 'é', '\ud800', value]) + value.slice(at + 1);
  }
  // A copy: what comes next is done to it in place, and would be done to every later one.
  return structuredClone(random.chance(0.5) ? random.pick(EDGES) : random.pick(IMAGINED));
}
