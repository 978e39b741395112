import type { Operation } from '@homeward/protocol/operation';

/** Why not, for operators. */
export type RuleRefusal = { rule: string; detail: string };

/** What of the agent's own rules is asked here: a file on its machine that the cloud cannot set. */
export type LocalRules = {
  /** Undefined where nothing stands against it. */
  check: (asked: {
    operation: Operation;
    /** SID of the forest's root domain */
    forest: string;
    objectGuid: string;
    dn: string;
    sid: string;
    /** SIDs of all groups, nested and primary too */
    groups: readonly string[];
    /** Unix ms */
    now: number;
  }) => RuleRefusal | undefined;
  /** Right before a write leaves; a refusal means that it must not. */
  countWrite: (forest: string, now: number) => RuleRefusal | undefined;
  /** writes are held until somebody at the agent closes the breaker */
  breakerOpen: () => boolean;
};
