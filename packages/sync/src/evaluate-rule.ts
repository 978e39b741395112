/** Conditions and transformations of rules: what they say of one object. */
import type { Forest } from './configuration.ts';
import type { Attributes, DirectoryObject } from './connector-object.ts';
import { domainOf } from './dn.ts';
import type { Condition, Fact, Transformation } from './rule.ts';
import { sidOfBytes } from './sid.ts';
import { anchorOfBytes } from './source-anchor.ts';

/** What a transformation reads: attributes, and what is known beside them. */
export type Source = {
  attributes: Attributes;
  fact: (name: Fact) => string | undefined;
  members: () => readonly string[];
};

export function sourceOf(
  forest: Forest,
  object: Pick<DirectoryObject, 'objectGuid' | 'dn' | 'attributes'>,
): Source {
  let inDomain: string | undefined;
  const domain = () => {
    inDomain ??= domainOf(object.dn);
    return inDomain;
  };
  const fact = (name: Fact): string | undefined => {
    switch (name) {
      case 'forest':
        return forest.id;
      case 'domain':
        return domain();
      case 'netbiosName':
        return forest.domains.find((one) => sameText(one.name, domain()))?.netbiosName;
      case 'objectGuid':
        return object.objectGuid;
      case 'dn':
        return object.dn;
    }
  };
  return { attributes: object.attributes, fact, members: () => [] };
}

/** A metaverse object as source; `members` gives the cloudAnchors of a group's members. */
export function sourceInMetaverse(attributes: Attributes, members: () => readonly string[]): Source {
  return { attributes, fact: () => undefined, members };
}

/** Whether every condition holds; names of attributes are the rules' own. */
export function isInScope(scope: readonly Condition[], attributes: Attributes): boolean {
  return scope.every((condition) => holds(condition, attributes[condition.attribute] ?? []));
}

export function failingConditions(scope: readonly Condition[], attributes: Attributes): Condition[] {
  return scope.filter((condition) => !holds(condition, attributes[condition.attribute] ?? []));
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

/** The values that a transformation gives; none: the next rule in precedence may. */
export function valuesOf(transformation: Transformation, source: Source): readonly string[] {
  switch (transformation.from) {
    case 'attribute':
      return (source.attributes[transformation.attribute] ?? [])
        .map((value) => value.trim())
        .filter((value) => value !== '');
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
    case 'members':
      return source.members();
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
