/** By how much a controller's clock may differ from ours, ms, for a write to be taken for ours. */
const CLOCK_TOLERANCE = 60_000;

/**
 * Where a time that a directory wrote down lies, seen from when a lost write can have been carried out. The
 * directory keeps whole seconds.
 * @param at Unix ms
 */
export function timeSeen(at: number, sent: { from: number; until: number }): 'before' | 'then' | 'after' {
  if (at < sent.from - 1_000 - CLOCK_TOLERANCE) return 'before';
  return at <= sent.until + CLOCK_TOLERANCE ? 'then' : 'after';
}
