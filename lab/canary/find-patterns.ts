/** First three bytes of what is looked for: few enough places pass, so that hundreds of patterns cost one reading. */
const PREFIX = 3;

/** Which of its patterns are in these bytes, by their index. */
export type PatternFinder = (bytes: Buffer) => Set<number>;

/**
 * Looks for all of these byte strings (three bytes or more each) in one pass: over a core dump of a gigabyte a search
 * for each of them would be hundreds. For many files, one finder: making it costs more than searching a small file.
 */
export function patternFinder(patterns: readonly Buffer[]): PatternFinder {
  const begins = new Uint8Array(1 << 24);
  const byPrefix = new Map<number, number[]>();
  for (const [index, pattern] of patterns.entries()) {
    if (pattern.length < PREFIX)
      throw new RangeError('a pattern of less than three bytes is found everywhere');
    const prefix = pattern.readUIntBE(0, PREFIX);
    begins[prefix] = 1;
    byPrefix.set(prefix, [...(byPrefix.get(prefix) ?? []), index]);
  }
  return (bytes) => search(bytes, patterns, begins, byPrefix);
}

export function findPatterns(bytes: Buffer, patterns: readonly Buffer[]): Set<number> {
  return patternFinder(patterns)(bytes);
}

function search(
  bytes: Buffer,
  patterns: readonly Buffer[],
  begins: Uint8Array,
  byPrefix: ReadonlyMap<number, readonly number[]>,
): Set<number> {
  const found = new Set<number>();
  let last = bytes.length < PREFIX ? 0 : bytes.readUInt16BE(0);
  for (let at = PREFIX - 1; at < bytes.length; at++) {
    last = ((last << 8) | (bytes[at] as number)) & 0xffffff;
    if (begins[last] === 0) continue;
    const start = at - PREFIX + 1;
    for (const index of byPrefix.get(last) ?? []) {
      const pattern = patterns[index];
      if (pattern === undefined || found.has(index) || start + pattern.length > bytes.length) continue;
      if (bytes.compare(pattern, 0, pattern.length, start, start + pattern.length) === 0) found.add(index);
    }
  }
  return found;
}
