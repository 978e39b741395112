/** The first wait and the longest, ms. Half a minute at most: a person is waiting at the other end. */
const FIRST = 500;
const LONGEST = 30_000;

/**
 * How long to wait before try `failures + 1`: doubling, capped, and spread over its upper half so that a
 * thousand agents do not come back in the same instant.
 * @param random 0 to 1
 * @returns ms
 */
export function backoff(failures: number, random: number): number {
  const whole = Math.min(LONGEST, FIRST * 2 ** Math.min(failures, 10));
  return Math.round(whole / 2 + (whole / 2) * random);
}
