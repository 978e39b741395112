import type { SyncConfiguration } from './configuration.ts';
import { type Forest, forestOf, inboundRules, isInContainers, outboundRules } from './configuration.ts';
import {
  type Attributes,
  type DirectoryObject,
  type ImportedObject,
  type MetaverseObject,
  STANDS_ALONE,
} from './connector-object.ts';
import { domainOf } from './dn.ts';
import type { Condition, Fact, InboundRule, RuleName, Transformation } from './rule.ts';
import { sidOfBytes } from './sid.ts';
import { anchorOfBytes } from './source-anchor.ts';

/** Where one value of a metaverse object comes from. */
export type Origin = { rule: RuleName; directoryObject: number };

type Source = { attributes: Attributes; fact: (name: Fact) => string | undefined };
type Member = Pick<DirectoryObject, 'id' | 'forest' | 'objectType' | 'objectGuid' | 'dn' | 'attributes'>;

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
export function linkRulesOf(configuration: SyncConfiguration, object: Member): RuleName[] {
  return applicable(configuration, object)
    .filter((rule) => rule.link !== 'none')
    .map((rule) => rule.name);
}

/**
 * What the members of one metaverse object give it, each attribute from the rule with the lowest precedence
 * number that gives a value, and within the rule from the forest that the configuration names first.
 */
export function flowInbound(
  configuration: SyncConfiguration,
  members: readonly Member[],
): { attributes: Attributes; origins: Readonly<Record<string, Origin>> } {
  const contributions = members.flatMap((member, rank) => {
    const source = sourceOf(forestOf(configuration, member.forest), member);
    return applicable(configuration, member).map((rule) => ({ rule, rank, member, source }));
  });
  contributions.sort((a, b) => a.rule.precedence - b.rule.precedence || a.rank - b.rank);
  const attributes: Record<string, readonly string[]> = {};
  const origins: Record<string, Origin> = {};
  for (const { rule, member, source } of contributions)
    for (const flow of rule.flows) {
      if (attributes[flow.to] !== undefined) continue;
      const values = valuesOf(flow.source, source);
      if (values.length === 0) continue;
      attributes[flow.to] = values;
      origins[flow.to] = { rule: rule.name, directoryObject: member.id };
    }
  return { attributes, origins };
}

/** What the cloud should hold of a metaverse object, and the rules that say so; undefined: nothing. */
export function flowOutbound(
  configuration: SyncConfiguration,
  object: Pick<MetaverseObject, 'objectType' | 'attributes'>,
): { attributes: Attributes; rules: RuleName[]; origins: Readonly<Record<string, RuleName>> } | undefined {
  const rules = outboundRules(configuration, object.objectType)
    .filter((rule) => isInScope(rule.scope, object.attributes))
    .sort((a, b) => a.precedence - b.precedence);
  if (rules.length === 0) return undefined;
  const attributes: Record<string, readonly string[]> = {};
  const origins: Record<string, RuleName> = {};
  for (const rule of rules)
    for (const flow of rule.flows) {
      const values = valuesOf(flow.source, { attributes: object.attributes, fact: () => undefined });
      if (attributes[flow.to] !== undefined || values.length === 0) continue;
      attributes[flow.to] = values;
      origins[flow.to] = rule.name;
    }
  return { attributes, rules: rules.map((rule) => rule.name), origins };
}

/** Whether every condition holds; names of attributes are the rules' own. */
export function isInScope(scope: readonly Condition[], attributes: Attributes): boolean {
  return scope.every((condition) => holds(condition, attributes[condition.attribute] ?? []));
}

function holds(condition: Condition, values: readonly string[]): boolean {
  switch (condition.test) {
    case 'present':
      return values.length > 0;
    case 'absent':
      return values.length === 0;
    case 'equals':
      return values.some((value) => sameText(value, condition.value));
    case 'differs':
      return !values.some((value) => sameText(value, condition.value));
    case 'startsWith':
      return values.some((value) => startsWith(value, condition.value));
    case 'startsNotWith':
      return !values.some((value) => startsWith(value, condition.value));
    case 'bitsSet':
      return bitsOf(values[0], condition.bits) === condition.bits;
    case 'bitsClear':
      return bitsOf(values[0], condition.bits) === 0;
  }
}

function applicable(configuration: SyncConfiguration, object: Member): InboundRule[] {
  return inboundRules(configuration, object)
    .filter((rule) => isInScope(rule.scope, object.attributes))
    .sort((a, b) => a.precedence - b.precedence);
}

function sourceOf(forest: Forest, object: Omit<Member, 'id' | 'forest'>): Source {
  const fact = (name: Fact): string | undefined => {
    switch (name) {
      case 'forest':
        return forest.id;
      case 'domain':
        return domainOf(object.dn);
      case 'netbiosName': {
        const domain = domainOf(object.dn);
        return forest.domains.find((one) => sameText(one.name, domain))?.netbiosName;
      }
      case 'objectGuid':
        return object.objectGuid;
      case 'dn':
        return object.dn;
    }
  };
  return { attributes: object.attributes, fact };
}

function valuesOf(transformation: Transformation, source: Source): readonly string[] {
  switch (transformation.from) {
    case 'attribute':
      return (source.attributes[transformation.attribute] ?? []).filter((value) => value !== '');
    case 'fact':
      return present(source.fact(transformation.fact));
    case 'constant':
      return [transformation.value];
    case 'firstOf':
      return (
        transformation.sources.map((one) => valuesOf(one, source)).find((values) => values.length > 0) ?? []
      );
    case 'joined': {
      const parts = transformation.parts.map((part) => valuesOf(part, source)[0]);
      return parts.every((part) => part !== undefined) ? [parts.join('')] : [];
    }
    case 'bitsClear': {
      const bits = bitsOf(source.attributes[transformation.attribute]?.[0], transformation.bits);
      return bits === undefined ? [] : [String(bits === 0)];
    }
    case 'anchor':
      return present(valuesOf(transformation.source, source).map(anchorOfBytes)[0]);
    case 'sid': {
      const sid = (source.attributes[transformation.attribute] ?? []).map(sidOfBytes)[0];
      return sid !== undefined && transformation.except?.includes(sid) ? [] : present(sid);
    }
  }
}

function present(value: string | undefined): string[] {
  return value === undefined || value === '' ? [] : [value];
}

/** The bits of `mask` that are set in the number; bits beyond 32 are not used by the directory. */
function bitsOf(number: string | undefined, mask: number): number | undefined {
  if (number === undefined || !/^-?\d+$/.test(number)) return undefined;
  return (Number(number) & mask) >>> 0;
}

function sameText(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function startsWith(value: string, start: string): boolean {
  return value.toLowerCase().startsWith(start.toLowerCase());
}
