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
};

export function brokenRules(attempt: RefusedAttempt): PolicyRefusal {
  const { password, policy, now } = attempt;
  const rules = policy.rules;
  // Without the rules any answer would be a guess.
  if (!rules) return { rules: [] };
  const broken = new Set<Rule>();
  const youngUntil = policy.nextChangeAllowedAt ?? 0;
  if (attempt.ageAndHistoryApply && youngUntil > now) broken.add('tooYoung');
  if (password.length < rules.minimumLength) broken.add('tooShort');
  const kinds = rules.complexity ? missingKinds(password) : [];
  if (kinds.length > 0) broken.add('notComplex');
  if (rules.complexity && containsName(password, policy.names)) broken.add('containsName');
  if (broken.size === 0) broken.add('historyOrFilter');
  return {
    rules: (Object.keys(RULES) as Rule[]).filter((rule) => broken.has(rule)),
    ...(broken.has('tooYoung') ? { retryAt: youngUntil } : {}),
    ...(broken.has('tooShort') ? { minimumLength: rules.minimumLength } : {}),
    ...(broken.has('notComplex') ? { missingKinds: kinds } : {}),
    ...(broken.has('historyOrFilter') && attempt.ageAndHistoryApply
      ? { historyLength: rules.historyLength }
      : {}),
  };
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
