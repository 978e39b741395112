/** Milliseconds between 1601 and 1970; FILETIME counts units of 100 ns since 1601 ([MS-DTYP] 2.3.3). */
const EPOCH_GAP = 11_644_473_600_000n;
export const NEVER = 0x7fff_ffff_ffff_ffffn;

/** Unix milliseconds, rounded up: a moment derived from it is never before the directory's own. */
export function filetimeToUnix(filetime: bigint): number {
  return Number((filetime + 9_999n) / 10_000n - EPOCH_GAP);
}

export function unixToFiletime(unix: number): bigint {
  return (BigInt(unix) + EPOCH_GAP) * 10_000n;
}

/** Milliseconds of a negative duration attribute such as minPwdAge; undefined for "never" and for none. */
export function durationToMs(duration: bigint): number | undefined {
  if (duration >= 0n || duration === -0x8000_0000_0000_0000n) return undefined;
  return Number(-duration / 10_000n);
}
