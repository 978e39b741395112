import type { AccountState } from './account-state.ts';

/** What is dear to ask and rarely changes: who a person is, what they belong to, whether they can be fenced. */
export type Eligibility = Pick<AccountState, 'sid' | 'groups' | 'markerAttribute'>;

/** A reset flow lives as long: what was checked behind its first gate holds for the rest of it. */
const KEPT_FOR = 15 * 60_000;
const MOST = 10_000;

/**
 * Eligibility that a dry run read, kept for the flow that it was for, so that on submit only the write and its
 * evidence touch the directory. What locks a person out at once is never kept: flags, expiry, lockout, adminCount.
 */
export class KeptEligibility {
  readonly #kept = new Map<string, Eligibility & { until: number }>();

  /** @param now Unix ms */
  keep(objectGuid: string, { sid, groups, markerAttribute }: Eligibility, now: number): void {
    this.#kept.delete(objectGuid);
    this.#kept.set(objectGuid, { sid, groups, markerAttribute, until: now + KEPT_FOR });
    for (const [oldest, { until }] of this.#kept) {
      if (until > now && this.#kept.size <= MOST) return;
      this.#kept.delete(oldest);
    }
  }

  of(objectGuid: string, now: number): Eligibility | undefined {
    const kept = this.#kept.get(objectGuid);
    // A clock that was set back must not make it last.
    return kept && now < kept.until && now >= kept.until - KEPT_FOR ? kept : undefined;
  }

  forget(objectGuid: string): void {
    this.#kept.delete(objectGuid);
  }
}
