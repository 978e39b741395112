/** The agent's own rules: a file on this machine that the cloud can neither read nor set. */
import { isBelowOrAt, splitDn } from '@homeward/active-directory/distinguished-name';
import { z } from 'zod';
import { IN_OUR_WORDS, parseJson, problemLines } from '../zod-problems.ts';

/** A dry run only reads; all else can be switched off. */
export const RULED_OPERATIONS = ['reset', 'change', 'unlock', 'adminReset', 'verify'] as const;

const SID = /^S-1-\d+(-\d+)+$/i;
const GUID = /^\{?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?$/i;
const USER_PRINCIPAL_NAME = /^[^@\s]+@[^@\s]+$/;

const dn = z
  .string()
  .refine(isDn, 'must be a distinguished name, such as OU=Sales,DC=corp,DC=example,DC=com');
const group = z
  .string()
  .refine((text) => SID.test(text) || isDn(text), 'must be a SID or a distinguished name');
const account = z
  .string()
  .refine(
    (text) => [SID, GUID, USER_PRINCIPAL_NAME].some((form) => form.test(text)),
    'must be a SID, an objectGUID or a user principal name',
  );

const limits = z.looseObject({ writesPerMinute: z.number(), writesPerHour: z.number() });

export const rulesShape = z
  .strictObject({
    scope: z
      .strictObject({
        /** only people at or below these; everybody where absent */
        include: z.array(dn).min(1).optional(),
        /** nobody at or below these; stronger than `include` */
        exclude: z.array(dn).default([]),
        /** no member of these, nested membership too */
        excludeGroups: z.array(group).default([]),
      })
      .prefault({}),
    protectedAccounts: z.array(account).default([]),
    /** what the cloud may order */
    operations: z.array(z.enum(RULED_OPERATIONS)).default([...RULED_OPERATIONS]),
    /** per forest; one more opens the breaker */
    writesPerMinute: z.number().int().min(1).max(100_000).default(60),
    writesPerHour: z.number().int().min(1).max(1_000_000).default(600),
    /** whether the cloud gets a verifier of the new password, to sign people in by itself */
    returnVerifier: z.boolean().default(false),
  })
  .refine(({ writesPerMinute, writesPerHour }) => writesPerHour >= writesPerMinute, {
    path: ['writesPerHour'],
    message: 'must be at least writesPerMinute',
    // Also beside other problems: all are told at once.
    when: ({ value }) => limits.safeParse(value).success,
  });

export type AgentRules = z.infer<typeof rulesShape>;

export const DEFAULT_RULES: AgentRules = rulesShape.parse({});

/**
 * @param text of the file
 * @returns the defaults beside the problems, a line each by path, where there are any
 */
export function readRules(
  text: string,
  domains: readonly string[],
): { rules: AgentRules; problems: string[] } {
  const problems: string[] = [];
  const json = parseJson(text, problems);
  if (problems.length > 0) return { rules: DEFAULT_RULES, problems };
  const parsed = rulesShape.safeParse(json, IN_OUR_WORDS);
  if (!parsed.success) problems.push(...problemLines(parsed.error));
  problems.push(...strayNames(json, domains));
  return { rules: parsed.success && problems.length === 0 ? parsed.data : DEFAULT_RULES, problems };
}

const names = z.array(z.unknown()).catch([]);
const scopeNames = z
  .looseObject({ scope: z.looseObject({ include: names, exclude: names, excludeGroups: names }) })
  .catch({ scope: { include: [], exclude: [], excludeGroups: [] } });

/** Names that belong to none of the forests, by path: most likely misspelt, and a rule that never bites is worse than none. */
function strayNames(json: unknown, domains: readonly string[]): string[] {
  const { include, exclude, excludeGroups } = scopeNames.parse(json).scope;
  const isStray = (name: unknown) =>
    typeof name === 'string' && isDn(name) && !domains.some((domain) => isInDomain(name, domain));
  const problems = (path: string, given: readonly unknown[]) =>
    given.flatMap((name, index) =>
      isStray(name) ? [`${path}[${index}]: ${name} is in none of the forests of this agent`] : [],
    );
  return [
    ...problems('scope.include', include),
    ...problems('scope.exclude', exclude),
    ...problems('scope.excludeGroups', excludeGroups),
  ];
}

/** Also in a child domain of it. */
export function isInDomain(name: string, domain: string): boolean {
  return isBelowOrAt(name, `DC=${domain.split('.').join(',DC=')}`);
}

/** What only the directory can turn into a SID. */
export function namesToResolve(rules: AgentRules): { groups: string[]; people: string[] } {
  return {
    groups: rules.scope.excludeGroups.filter((name) => !SID.test(name)),
    people: rules.protectedAccounts.filter((name) => USER_PRINCIPAL_NAME.test(name)),
  };
}

function isDn(text: string): boolean {
  const parts = splitDn(text);
  return parts.length > 0 && parts.every((part) => /^\s*[a-z][a-z0-9-]*\s*=./is.test(part));
}
