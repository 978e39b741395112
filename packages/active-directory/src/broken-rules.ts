import {
  CHARACTER_KINDS,
  type CharacterKind,
  type PolicyRefusal,
  RULES,
  type Rule,
} from '@homeward/protocol/outcome';
import type { PersonPolicy } from './password-policy.ts';

/**
 * Which rules a refused password breaks. The directory has one code for all of them, so the password is compared
 * with the policy that applies ([MS-SAMR] 3.1.1.7); what no comparison explains is history or a password filter.
 */
export type RefusedAttempt = {
  password: string;
  policy: PersonPolicy;
  /** Unix ms */
  now: number;
  /** false for a reset without policy hints: the directory does not look at age and history then */
  ageAndHistoryApply: boolean;
  /** false for Samba, which does not compare with names: then a name explains nothing away */
  namesApply: boolean;
};

export function brokenRules(attempt: RefusedAttempt): PolicyRefusal {
  // Without the rules any answer would be a guess.
  if (!attempt.policy.rules) return { rules: [] };
  const seen = visiblyBroken(attempt);
  const explains = seen.rules.length > (seen.rules.includes('containsName') && !attempt.namesApply ? 1 : 0);
  if (explains) return seen;
  return {
    ...seen,
    rules: inOrder([...seen.rules, 'historyOrFilter']),
    ...(attempt.ageAndHistoryApply ? { historyLength: attempt.policy.rules.historyLength } : {}),
  };
}

/** What comparison says of a password before it is tried: a name alone refuses nothing where names do not apply. */
export function whatWouldRefuse(attempt: RefusedAttempt): PolicyRefusal {
  const seen = visiblyBroken(attempt);
  const alone = seen.rules.length === 1 && seen.rules.includes('containsName');
  return alone && !attempt.namesApply ? { rules: [] } : seen;
}

/** What comparison alone shows; also before anything is refused. No rules: nothing that can be seen is broken. */
export function visiblyBroken(attempt: Omit<RefusedAttempt, 'namesApply'>): PolicyRefusal {
  const { password, policy, now } = attempt;
  const rules = policy.rules;
  if (!rules) return { rules: [] };
  const broken: Rule[] = [];
  const youngUntil = policy.nextChangeAllowedAt ?? 0;
  if (attempt.ageAndHistoryApply && youngUntil > now) broken.push('tooYoung');
  if (password.length < rules.minimumLength) broken.push('tooShort');
  const kinds = rules.complexity ? missingKinds(password) : [];
  if (kinds.length > 0) broken.push('notComplex');
  if (rules.complexity && containsName(password, policy.names)) broken.push('containsName');
  return {
    rules: inOrder(broken),
    ...(broken.includes('tooYoung') ? { retryAt: youngUntil } : {}),
    ...(broken.includes('tooShort') ? { minimumLength: rules.minimumLength } : {}),
    ...(broken.includes('notComplex') ? { missingKinds: kinds } : {}),
  };
}

/** The contract's order: age first, because nothing typed can mend it. */
function inOrder(broken: readonly Rule[]): Rule[] {
  return (Object.keys(RULES) as Rule[]).filter((rule) => broken.includes(rule));
}

/** [MS-SAMR] 3.1.1.7.2: three of five kinds are enough. Empty if they are there, else the kinds not used. */
export function missingKinds(password: string): CharacterKind[] {
  const used = new Set(Array.from(password, kindOf));
  if (used.size >= 3) return [];
  return (Object.keys(CHARACTER_KINDS) as CharacterKind[]).filter((kind) => !used.has(kind));
}

function kindOf(character: string): CharacterKind {
  if (/^\p{Lu}$/u.test(character)) return 'upper';
  if (/^\p{Ll}$/u.test(character)) return 'lower';
  if (/^[0-9]$/.test(character)) return 'digit';
  if (/^\p{L}$/u.test(character)) return 'otherLetter';
  return 'symbol';
}

/**
 * [MS-SAMR] 3.1.1.7.2: the account name, and each part of the display name, without regard to case; names and
 * parts under three characters do not count.
 */
export function containsName(password: string, names: PersonPolicy['names']): boolean {
  const lower = password.toLowerCase();
  const parts = (names.displayName ?? '').split(/[,.\-_ #\t]+/);
  return [names.accountName, ...parts].some((part) => part.length >= 3 && lower.includes(part.toLowerCase()));
}
