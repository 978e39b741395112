import {
  forestOf,
  inboundRules,
  isInContainers,
  outboundRules,
  type SyncConfiguration,
} from './configuration.ts';
import {
  type Attributes,
  type DirectoryObject,
  type ImportedObject,
  type MetaverseObject,
  STANDS_ALONE,
} from './connector-object.ts';
import { isInScope, sourceInMetaverse, sourceOf, valuesOf } from './evaluate-rule.ts';
import type { InboundRule, RuleName } from './rule.ts';

/**
 * The key that an object shares with every other object of the same person; undefined if no rule brings it
 * into the metaverse.
 */
export function matchKeyOf(
  configuration: SyncConfiguration,
  object: ImportedObject & { forest: string },
): string | undefined {
  const forest = configuration.forests.find((one) => one.id === object.forest);
  if (forest === undefined || !isInContainers(forest, object.dn)) return undefined;
  const source = sourceOf(forest, object);
  const rule = inboundRules(configuration, object)
    .filter((one) => one.link === 'provision')
    .find((one) => isInScope(one.scope, source.attributes));
  if (rule === undefined) return undefined;
  const shared = rule.join && valuesOf(rule.join, source)[0]?.toLowerCase();
  return shared === undefined ? STANDS_ALONE : `${object.objectType}/${shared}`;
}

/** The rules that make the link of an object which is in scope, in precedence. */
export function linkRulesOf(configuration: SyncConfiguration, object: DirectoryObject): RuleName[] {
  return applicable(configuration, object)
    .filter((rule) => rule.link !== 'none')
    .map((rule) => rule.name);
}

/** One rule's flow into one attribute of a metaverse object, and what it gives there (perhaps nothing). */
export type Contribution = { to: string; rule: RuleName; member: DirectoryObject; values: readonly string[] };

/**
 * Every contribution of the members of one metaverse object, the one that wins first: by the rules' precedence,
 * and within a rule in the order of `members`. One that gives no values does not count.
 */
export function* contributions(
  configuration: SyncConfiguration,
  members: readonly DirectoryObject[],
): Generator<Contribution, void> {
  const applied = members.flatMap((member, rank) => {
    const source = sourceOf(forestOf(configuration, member.forest), member);
    return applicable(configuration, member).map((rule) => ({ rule, rank, member, source }));
  });
  applied.sort((a, b) => a.rule.precedence - b.rule.precedence || a.rank - b.rank);
  for (const { rule, member, source } of applied)
    for (const flow of rule.flows)
      yield { to: flow.to, rule: rule.name, member, values: valuesOf(flow.source, source) };
}

/** What the members of one metaverse object give it: the first contribution to each attribute that has values. */
export function flowInbound(
  configuration: SyncConfiguration,
  members: readonly DirectoryObject[],
): Attributes {
  const attributes: Record<string, readonly string[]> = {};
  for (const { to, values } of contributions(configuration, members))
    if (attributes[to] === undefined && values.length > 0) attributes[to] = values;
  return attributes;
}

/**
 * What the cloud should hold of a metaverse object, and the rules that say so; undefined: nothing.
 * @param members the cloudAnchors of its members, asked for only where a rule flows them
 */
export function flowOutbound(
  configuration: SyncConfiguration,
  object: Pick<MetaverseObject, 'objectType' | 'attributes'>,
  members: () => readonly string[],
): { attributes: Attributes; rules: RuleName[]; origins: Readonly<Record<string, RuleName>> } | undefined {
  const rules = outboundRules(configuration, object.objectType)
    .filter((rule) => isInScope(rule.scope, object.attributes))
    .sort((a, b) => a.precedence - b.precedence);
  if (rules.length === 0) return undefined;
  const attributes: Record<string, readonly string[]> = {};
  const origins: Record<string, RuleName> = {};
  const source = sourceInMetaverse(object.attributes, members);
  for (const rule of rules)
    for (const flow of rule.flows) {
      const values = valuesOf(flow.source, source);
      if (attributes[flow.to] !== undefined || values.length === 0) continue;
      attributes[flow.to] = values;
      origins[flow.to] = rule.name;
    }
  return { attributes, rules: rules.map((rule) => rule.name), origins };
}

function applicable(configuration: SyncConfiguration, object: DirectoryObject): InboundRule[] {
  return inboundRules(configuration, object)
    .filter((rule) => isInScope(rule.scope, object.attributes))
    .sort((a, b) => a.precedence - b.precedence);
}
