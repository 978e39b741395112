import type {
  Condition,
  DirectoryExplanation,
  Explanation,
  RuleExplanation,
  SyncConfiguration,
  ValueExplanation,
} from '@homeward/sync';

/** What `sync explain` prints of one person: plain lines, from the directory to the cloud and back. */
export function explanationLines(configuration: SyncConfiguration, explanation: Explanation): string[] {
  const nameOf = (forest: string) =>
    configuration.forests.find(({ id }) => id === forest)?.domains[0]?.name ?? `${forest} (not configured)`;
  const { directoryObjects, metaverse, cloud } = explanation;
  return [
    ...directoryObjects.flatMap((object) => directoryLines(object, nameOf)),
    '',
    ...(metaverse === undefined
      ? ['Metaverse: nothing. No rule brings this object in.']
      : [
          `Metaverse object ${metaverse.id}`,
          `  sourceAnchor ${metaverse.sourceAnchor}, ${metaverse.isAnchorFinal ? 'final' : 'not final before the first export'}, from ${metaverse.anchorFrom?.dn ?? 'an object that is gone'}`,
          ...metaverse.refusals.map((refusal) => `  Not provisioned: ${REFUSALS[refusal]}`),
          ...metaverse.values.flatMap((value) => valueLines(value, nameOf)),
        ]),
    '',
    ...(cloud === undefined ? ['Cloud: nothing is provisioned.'] : cloudLines(cloud)),
    '',
    ...writebackLines(explanation.writeback, nameOf),
  ];
}

const REFUSALS = {
  ambiguousMatch:
    'several objects of one forest match this person. Make the matching attribute unique in each forest.',
  duplicateSourceAnchor:
    'another person claims the same sourceAnchor. Correct mS-DS-ConsistencyGuid of the one who should not have it.',
} as const;

function directoryLines(object: DirectoryExplanation, nameOf: (forest: string) => string): string[] {
  return [
    `${nameOf(object.forest)}: ${object.dn}`,
    `  objectGUID ${object.objectGuid}`,
    ...(object.isInContainers ? [] : ['  left out: its container is not among those to synchronise']),
    ...(object.matchKey === undefined ? [] : [`  matched with others by ${object.matchKey}`]),
    ...object.rules.map((rule) => `  ${ruleLine(rule, object.isInContainers)}`),
    object.linkedBy === undefined
      ? '  not linked to the metaverse'
      : `  linked by ${object.linkedBy.join(' and ')}`,
    ...(object.isQueued ? ['  changed since, and waits for the next synchronisation'] : []),
  ];
}

function ruleLine({ rule, failing }: RuleExplanation, isInContainers: boolean): string {
  if (!isInContainers) return `${rule}: does not apply`;
  if (failing.length === 0) return `${rule}: applies`;
  return `${rule}: does not apply, because not: ${failing.map(conditionText).join('; ')}`;
}

function conditionText(condition: Condition): string {
  switch (condition.test) {
    case 'present':
      return `${condition.attribute} is set`;
    case 'absent':
      return `${condition.attribute} is not set`;
    case 'equals':
      return `${condition.attribute} is ${condition.value}`;
    case 'differs':
      return `${condition.attribute} is other than ${condition.value}`;
    case 'startsWith':
      return `${condition.attribute} starts with ${condition.value}`;
    case 'startsNotWith':
      return `${condition.attribute} does not start with ${condition.value}`;
    case 'bitsSet':
      return `${condition.attribute} has the bits 0x${condition.bits.toString(16)}`;
    case 'bitsClear':
      return `${condition.attribute} is without the bits 0x${condition.bits.toString(16)}`;
  }
}

function valueLines(value: ValueExplanation, nameOf: (forest: string) => string): string[] {
  const { attribute, values, rule, from, overruled } = value;
  const others = overruled.filter((other) => other.values.join('\n') !== values.join('\n'));
  return [
    `  ${attribute}: ${values.join(', ')}   (${rule}, ${nameOf(from.forest)})`,
    ...others.map(
      (other) => `    overrules ${other.values.join(', ')}   (${other.rule}, ${nameOf(other.from.forest)})`,
    ),
  ];
}

function cloudLines(cloud: NonNullable<Explanation['cloud']>): string[] {
  const changes = cloud.attributes.filter(
    ({ desired, confirmed }) => desired?.join('\n') !== confirmed?.join('\n'),
  );
  const pending = { provision: 'waits to be exported', delete: 'waits to be deleted' } as const;
  return [
    `Cloud: ${cloud.cloudAnchor === undefined ? 'not there yet' : `cloudAnchor ${cloud.cloudAnchor}`}`,
    ...(cloud.linkedBy === undefined
      ? ['  linked to nothing']
      : [`  provisioned by ${cloud.linkedBy.join(' and ')}`]),
    cloud.pending === undefined ? '  up to date' : `  ${pending[cloud.pending]}`,
    ...changes.map(
      ({ attribute, desired, confirmed }) =>
        `    ${attribute}: ${confirmed?.join(', ') ?? 'nothing'} becomes ${desired?.join(', ') ?? 'nothing'}`,
    ),
    ...(cloud.error === undefined
      ? []
      : [`  refused ${cloud.error.attempts} times, last with ${cloud.error.status}: ${cloud.error.detail}`]),
  ];
}

function writebackLines(writeback: Explanation['writeback'], nameOf: (forest: string) => string): string[] {
  switch (writeback.kind) {
    case 'found':
      return [`Password: would be written to ${writeback.dn} in ${nameOf(writeback.forest)}.`];
    case 'never exported':
      return ['Password: nowhere. The cloud does not know this person yet, so nobody can ask for a reset.'];
    case 'missing':
      return [`Password: nowhere. ${writeback.explanation}`];
    case 'ambiguous':
      return [
        `Password: nowhere. ${writeback.explanation}`,
        ...writeback.places.map(({ forest, dn }) => `  ${nameOf(forest)}: ${dn}`),
      ];
  }
}
