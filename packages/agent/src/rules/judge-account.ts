import { isBelowOrAt } from '@homeward/active-directory/distinguished-name';
import type { Operation } from '@homeward/protocol/operation';
import { type AgentRules, isInDomain, namesToResolve } from './agent-rules.ts';

/** What a rule says no to, for operators: `detail` names the entry of the rules that decides. */
export type RuleRefusal = {
  rule: 'scope' | 'protectedAccount' | 'operation' | 'breaker' | 'rate';
  detail: string;
};

/** Whom an operation is for, as the directory knows them; what was not read stays out, and is never guessed. */
export type Subject = {
  operation: Operation;
  /** SID of the forest's root domain */
  forest: string;
  objectGuid: string;
  dn?: string;
  sid?: string;
  /** SIDs of all groups, nested and primary too (tokenGroups) */
  groups?: readonly string[];
};

/** SIDs of names in the rules, as this forest's directory gives them; null for one that it does not have. */
export type ResolvedNames = ReadonlyMap<string, string | null>;

/**
 * The rules that look at the account and not at what came before. Where a rule needs something that is not known,
 * it refuses: an exclusion that cannot be judged excludes.
 * @param resolved undefined while this forest's directory has not been asked yet
 */
export function judgeAccount(
  rules: AgentRules,
  subject: Subject,
  { domain, resolved }: { domain: string; resolved: ResolvedNames | undefined },
): RuleRefusal | undefined {
  return (
    judgeOperation(rules, subject) ??
    judgeProtection(rules, subject, resolved) ??
    judgePlace(rules, subject) ??
    judgeGroups(rules, subject, domain, resolved)
  );
}

function judgeOperation({ operations }: AgentRules, { operation }: Subject): RuleRefusal | undefined {
  if (operation === 'dryRun' || operations.includes(operation)) return undefined;
  return { rule: 'operation', detail: `operations does not have ${operation}` };
}

function judgeProtection(
  rules: AgentRules,
  { objectGuid, sid }: Subject,
  resolved: ResolvedNames | undefined,
): RuleRefusal | undefined {
  if (rules.protectedAccounts.length === 0) return undefined;
  const refuse = (detail: string): RuleRefusal => ({
    rule: 'protectedAccount',
    detail: `protectedAccounts: ${detail}`,
  });
  if (sid === undefined) return refuse('the SID of the account is not known');
  const people = namesToResolve(rules).people;
  // A name that was added while the agent runs may be this very account's.
  if (!people.every((name) => resolved?.has(name))) return refuse('its names are not looked up yet');
  const own = [sid.toLowerCase(), bareGuid(objectGuid)];
  const named = rules.protectedAccounts.find(
    (entry) => own.includes(bareGuid(entry)) || own.includes(resolved?.get(entry)?.toLowerCase() ?? ''),
  );
  return named === undefined ? undefined : refuse(named);
}

function judgePlace({ scope }: AgentRules, { dn }: Subject): RuleRefusal | undefined {
  const { include, exclude } = scope;
  if (include === undefined && exclude.length === 0) return undefined;
  if (dn === undefined) return { rule: 'scope', detail: 'the place of the account is not known' };
  const excluded = exclude.find((base) => isBelowOrAt(dn, base));
  if (excluded !== undefined) return { rule: 'scope', detail: `scope.exclude: ${excluded}` };
  if (include === undefined || include.some((base) => isBelowOrAt(dn, base))) return undefined;
  return { rule: 'scope', detail: 'scope.include has no place of this account' };
}

function judgeGroups(
  { scope }: AgentRules,
  { groups }: Subject,
  domain: string,
  resolved: ResolvedNames | undefined,
): RuleRefusal | undefined {
  const refuse = (detail: string): RuleRefusal => ({
    rule: 'scope',
    detail: `scope.excludeGroups: ${detail}`,
  });
  for (const name of scope.excludeGroups) {
    if (name.includes('=') && !isInDomain(name, domain)) continue;
    const sid = name.includes('=') ? resolved?.get(name) : name;
    if (sid === undefined) return refuse(`${name} is not looked up yet`);
    if (sid === null)
      return refuse(`${name} is not in the directory, so nobody can be told to be outside it`);
    if (groups === undefined) return refuse('the groups of the account are not known');
    if (groups.some((group) => group.toLowerCase() === sid.toLowerCase())) return refuse(name);
  }
  return undefined;
}

function bareGuid(text: string): string {
  return text.replaceAll(/[{}]/g, '').toLowerCase();
}
