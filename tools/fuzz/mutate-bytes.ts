import type { RandomSource } from './random-source.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** Values at which lengths, counts and times turn over. */
const EDGES = [0n, 1n, 0x7fn, 0x80n, 0xffn, 0x7fffn, 0x8000n, 0xffffn, 0x7fff_ffffn, 0xffff_ffffn, 1n << 53n];
const EVERY_BIT = 0xffff_ffff_ffff_ffffn;
/** Where heads and length fields lie; half of all changes are made there. */
const HEAD = 72;
const LONGEST = 2_100;

/** A copy of one of `corpus` with one to four things done to it; now and then nothing but noise. */
export function mutated(random: RandomSource, corpus: readonly Bytes[]): Bytes {
  if (random.chance(0.02)) return random.bytes(random.below(LONGEST));
  let bytes: Bytes = random.pick(corpus).slice();
  for (let left = 1 + random.below(4); left > 0; left--) bytes = changeOnce(random, bytes, corpus);
  return bytes.length > LONGEST ? bytes.slice(0, LONGEST) : bytes;
}

function changeOnce(random: RandomSource, bytes: Bytes, corpus: readonly Bytes[]): Bytes {
  if (bytes.length === 0) return random.bytes(1 + random.below(4));
  const at = random.below(random.chance(0.5) ? Math.min(HEAD, bytes.length) : bytes.length);
  switch (random.below(20)) {
    case 0:
      return bytes.slice(0, at);
    case 1:
      return joined(
        bytes,
        random.chance(0.5) ? random.bytes(1 + random.below(64)) : new Uint8Array(1 + random.below(900)),
      );
    case 2:
      return joined(bytes.slice(0, at), random.bytes(1 + random.below(8)), bytes.slice(at));
    case 3:
      return joined(bytes.slice(0, at), bytes.slice(at + 1 + random.below(16)));
    case 4:
      return joined(bytes.slice(0, at), random.pick(corpus).slice(at));
    case 5:
      return bytes.copyWithin(at, random.below(bytes.length), bytes.length) as Bytes;
    case 6:
    case 7:
    case 8:
    case 9:
      return withNumber(random, bytes, at);
    case 10:
    case 11:
      bytes.set(random.bytes(Math.min(1 + random.below(24), bytes.length - at)), at);
      return bytes;
    case 12:
    case 13:
    case 14:
      bytes[at] = random.below(256);
      return bytes;
    default:
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
      return bytes;
  }
}

function withNumber(random: RandomSource, bytes: Bytes, at: number): Bytes {
  const size = random.pick([1, 2, 4, 8]);
  const value = random.chance(0.2)
    ? EVERY_BIT
    : random.chance(0.2)
      ? BigInt(bytes.length)
      : random.pick(EDGES);
  for (let byte = 0; byte < size && at + byte < bytes.length; byte++)
    bytes[at + byte] = Number((value >> BigInt(8 * (size - 1 - byte))) & 0xffn);
  return bytes;
}

function joined(...parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
