import type { Rule } from '@homeward/protocol/outcome';

/** What each broken rule means, for an operator. */
export const RULE_ADVICE: Readonly<Record<Rule, string>> = {
  tooYoung: 'The minimum password age has not passed; the exact time of the next chance is told.',
  tooShort: 'Shorter than the minimum length of the policy that applies.',
  notComplex: 'Fewer than three of the five kinds of characters; the missing kinds are told.',
  containsName: 'Contains the account name, or a part of the display name.',
  historyOrFilter:
    'One of the remembered passwords, or refused by a password filter: the directory gives one code for both, found by elimination.',
  bannedWord: 'Contains a word that the organisation has banned.',
};
