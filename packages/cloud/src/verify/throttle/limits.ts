/** At most `max` within `within` ms, then nothing for `block` ms. `block` is never shorter than `within`. */
export type Limit = { max: number; within: number; block: number };

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * Modelled on the limits that Microsoft documents for self-service reset (10 mails in 10 minutes, identity not
 * proven several times in a day: 24 hours). Counted per user ID as typed, whether anybody is called that or not,
 * and again per account; the limits per client address are wide, because offices share one.
 */
export const DEFAULT_LIMITS = {
  /** mails with a code, per user ID and per account */
  codesAsked: { max: 10, within: 10 * MINUTE, block: DAY },
  /** the same over a day: keeps a mailbox from being flooded at just under the first rate */
  codesAskedInADay: { max: 30, within: DAY, block: DAY },
  /** wrong codes, per user ID and per account: 15 of 1,000,000 in a day */
  wrongCodes: { max: 15, within: DAY, block: DAY },
  startsFromAddress: { max: 100, within: 10 * MINUTE, block: 10 * MINUTE },
  wrongCodesFromAddress: { max: 100, within: HOUR, block: HOUR },
  /** passwords and codes that an administrator gives, per name and address; a full sign-in clears it */
  administratorProofs: { max: 10, within: 15 * MINUTE, block: 15 * MINUTE },
  /** the same per name, wherever from: wide, because it could be used to lock somebody out */
  administratorProofsAnywhere: { max: 100, within: HOUR, block: HOUR },
  administratorProofsFromAddress: { max: 100, within: 15 * MINUTE, block: 15 * MINUTE },
  /** codes of machines that no machine has, per administrator; blocked for as long as such codes live */
  wrongUserCodes: { max: 5, within: 10 * MINUTE, block: 10 * MINUTE },
  deviceCodesFromAddress: { max: 20, within: 10 * MINUTE, block: 10 * MINUTE },
} as const satisfies Record<string, Limit>;

export type LimitName = keyof typeof DEFAULT_LIMITS;
export type Limits = Readonly<Record<LimitName, Limit>>;

/** Limits as they are configured, in seconds, to limits as they are counted. */
export function limitsOf(
  configured: Readonly<Record<LimitName, { max: number; withinSeconds: number; blockSeconds: number }>>,
): Limits {
  const entries = Object.entries(configured).map(([name, { max, withinSeconds, blockSeconds }]) => [
    name,
    { max, within: withinSeconds * 1000, block: Math.max(blockSeconds, withinSeconds) * 1000 },
  ]);
  return Object.fromEntries(entries) as Limits;
}
