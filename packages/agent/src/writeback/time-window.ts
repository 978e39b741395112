/** The longest that a request may live, and how far two clocks may differ, ms (docs/protocol.md, "Expiry"). */
export const LONGEST_LIFE = 5 * 60_000;
export const CLOCK_TOLERANCE = 60_000;

export type TimeWindow = { issued: number; expires: number };

/**
 * Whether a request may still be carried out.
 * @param highWater the latest time ever seen here: what had expired by then stays expired when a clock is set back
 * @returns ms that remain, or undefined where the request is too old, from the future, or lives for too long
 */
export function remaining(
  { issued, expires }: TimeWindow,
  now: number,
  highWater: number,
): number | undefined {
  const latest = Math.max(now, highWater);
  const left = expires + CLOCK_TOLERANCE - latest;
  const sound = issued <= now + CLOCK_TOLERANCE && expires >= issued && expires - issued <= LONGEST_LIFE;
  return sound && left >= 0 ? left : undefined;
}
