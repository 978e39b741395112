import type { Attributes, DirectoryObject, ForestId, ImportedObject } from './connector-object.ts';
import { isWithin } from './dn.ts';
import { SyncError } from './errors.ts';
import type { Condition, InboundRule, OutboundRule, SyncRule, Transformation } from './rule.ts';
import { type Matching, shippedRules } from './shipped-rules.ts';

export type Forest = {
  /** the objectSid of the forest's root domain */
  id: ForestId;
  /** the root domain first; DNS names in lower case */
  domains: readonly { name: string; netbiosName: string }[];
  /** DNs of containers whose objects are synchronised; absent: all */
  include?: readonly string[];
  /** DNs of containers left out, also inside an included one */
  exclude?: readonly string[];
};

export type SyncConfiguration = {
  /** in order of precedence */
  forests: readonly Forest[];
  rules: readonly SyncRule[];
};

/**
 * The shipped rules with these options, unless `rules` are given.
 * @throws {SyncError} ERR_SYNC_CONFIGURATION with every problem, by path
 */
export function configure(given: {
  forests: readonly Forest[];
  matching?: Matching;
  /** also groups and their members; default: people only */
  groups?: boolean;
  rules?: readonly SyncRule[];
}): SyncConfiguration {
  const rules =
    given.rules ?? shippedRules(given.matching ?? { by: 'identity' }, { groups: given.groups ?? false });
  const problems = [...problemsOfForests(given.forests), ...problemsOfRules(rules)];
  if (problems.length > 0) throw new SyncError('ERR_SYNC_CONFIGURATION', problems.join('\n'));
  return { forests: given.forests, rules };
}

/** @throws {SyncError} ERR_SYNC_UNKNOWN_FOREST */
export function forestOf(configuration: SyncConfiguration, id: ForestId): Forest {
  const forest = configuration.forests.find((one) => one.id === id);
  if (forest === undefined)
    throw new SyncError('ERR_SYNC_UNKNOWN_FOREST', `No forest ${id} is configured for synchronisation.`);
  return forest;
}

/** Whether the forest's container filters let the object in. */
export function isInContainers(forest: Forest, dn: string): boolean {
  if (forest.exclude?.some((container) => isWithin(dn, container))) return false;
  return forest.include === undefined || forest.include.some((container) => isWithin(dn, container));
}

export function inboundRules(
  configuration: SyncConfiguration,
  object: Pick<DirectoryObject, 'forest' | 'objectType'>,
): InboundRule[] {
  return configuration.rules.filter(
    (rule): rule is InboundRule =>
      rule.direction === 'inbound' &&
      rule.objectType === object.objectType &&
      (rule.connector ?? object.forest) === object.forest,
  );
}

export function outboundRules(
  configuration: SyncConfiguration,
  objectType: ImportedObject['objectType'],
): OutboundRule[] {
  return configuration.rules.filter(
    (rule): rule is OutboundRule => rule.direction === 'outbound' && rule.objectType === objectType,
  );
}

/** Whether rules bring groups in: then imports have to show them, with their members. */
export function importsGroups(configuration: SyncConfiguration): boolean {
  return configuration.rules.some((rule) => rule.direction === 'inbound' && rule.objectType === 'group');
}

/** The attributes that imports have to ask the directory for, in the spelling of the rules, sorted. */
export function attributesToImport(
  configuration: SyncConfiguration,
  objectType: ImportedObject['objectType'] = 'user',
): string[] {
  const names = new Set<string>();
  for (const rule of configuration.rules) {
    if (rule.direction !== 'inbound' || rule.objectType !== objectType) continue;
    for (const condition of rule.scope) names.add(condition.attribute);
    const sources = [...rule.flows.map((flow) => flow.source), ...(rule.join ? [rule.join] : [])];
    for (const name of sources.flatMap(attributesOf)) names.add(name);
  }
  return [...names].sort();
}

/**
 * What the rules need of `attributes`, under the names that the rules use. LDAP names have no case and values no
 * order; here they get one, so that an answer in another order is no change.
 */
export function selectAttributes(attributes: Attributes, names: readonly string[]): Attributes {
  const byLowerCase = new Map(
    Object.entries(attributes).map(([name, values]) => [name.toLowerCase(), values]),
  );
  const selected: Record<string, readonly string[]> = {};
  for (const name of names) {
    const values = byLowerCase.get(name.toLowerCase());
    if (values === undefined || values.length === 0) continue;
    selected[name] = values.length === 1 ? values : [...values].sort();
  }
  return selected;
}

function attributesOf(source: Transformation): string[] {
  if ('attribute' in source) return [source.attribute];
  if (source.from === 'firstOf') return source.sources.flatMap(attributesOf);
  if (source.from === 'joined') return source.parts.flatMap(attributesOf);
  return source.from === 'anchor' ? attributesOf(source.source) : [];
}

function problemsOfForests(forests: readonly Forest[]): string[] {
  const problems = forests.length === 0 ? ['forests: must name at least one forest'] : [];
  for (const [index, forest] of forests.entries()) {
    if (!/^S-1-\d+(-\d+)+$/.test(forest.id)) problems.push(`forests[${index}].id: must be a SID`);
    if (forests.findIndex((one) => one.id === forest.id) !== index)
      problems.push(`forests[${index}].id: is named twice`);
    if (forest.domains.length === 0) problems.push(`forests[${index}].domains: must name the root domain`);
  }
  return problems;
}

function problemsOfRules(rules: readonly SyncRule[]): string[] {
  const problems: string[] = [];
  for (const [index, rule] of rules.entries()) {
    const twin = rules.findIndex((one) => one.name === rule.name);
    if (twin !== index) problems.push(`rules[${index}].name: is the name of rules[${twin}] too`);
    const rival = rules.findIndex((one) => one.precedence === rule.precedence);
    if (rival !== index) problems.push(`rules[${index}].precedence: is that of rules[${rival}] too`);
    for (const [at, condition] of rule.scope.entries())
      if (!isUsable(condition))
        problems.push(`rules[${index}].scope[${at}].bits: must be a positive integer`);
  }
  return problems;
}

function isUsable(condition: Condition): boolean {
  return !('bits' in condition) || (Number.isSafeInteger(condition.bits) && condition.bits > 0);
}
