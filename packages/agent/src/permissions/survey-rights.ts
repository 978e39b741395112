import {
  CONNECTION_FAILURES,
  ConnectionFailure,
  type ConnectionFailureReason,
  type Directory,
  type DirectoryOutcome,
  type EvaluatedRight,
  isBelowOrAt,
  isHeld,
  parentDn,
  type Right,
  type RightsReport,
  sameDn,
  type Trustee,
} from '@homeward/active-directory';
import { AgentError } from '../errors.ts';
import { NEEDED_RIGHTS, OPTIONAL_RIGHTS } from './right-names.ts';
import { countServedPeople, type ServedPeople } from './served-people.ts';

/** One OU, as far as it concerns what the agent does there. */
export type PlaceRights = RightsReport['ous'][number] & {
  /** enabled people directly in it; those in other containers below count for the nearest OU above */
  people: number;
  /** whether lacking a right here keeps somebody from being served */
  counts: boolean;
};

export type RightsSurvey = {
  trustee: Trustee;
  marker: string;
  domain: string;
  /** DNs that were asked about; undefined: the whole domain */
  scope: readonly string[] | undefined;
  places: PlaceRights[];
  /** rights that count on one object of the domain */
  single: { right: Exclude<Right, PlaceRight>; dn: string; evaluated: EvaluatedRight }[];
  /** one for each DN of the scope: what plans are made from */
  reports: RightsReport[];
};

export type PlaceRight = keyof Exclude<PlaceRights['rights'], 'unreadable'>;

/** Something that is not held. `dn`: where; `person` where only one person's own descriptor is in the way. */
export type Lack = {
  right: Right;
  dn: string;
  state: EvaluatedRight['state'] | 'unreadable' | 'exception';
  by?: string;
  people?: number;
};

export type SurveyQuery = {
  scope: readonly string[] | undefined;
  inspectPeople: boolean;
  onProgress: (text: string | undefined) => void;
};

/**
 * What the directory's own account may do, and for how many people that matters. With a scope every OU in it
 * counts, empty or not; without one those that have people.
 * @throws {DirectoryError} {@link AgentError} ERR_CONFIG_INVALID for a scope that is no OU of this domain
 */
export async function surveyRights(
  directory: Pick<Directory, 'rights' | 'people' | 'protectedMembers' | 'probe'>,
  query: SurveyQuery,
): Promise<RightsSurvey> {
  const { scope, inspectPeople, onProgress } = query;
  // Reads go where the last write went from here on: to the controller where a grant was written.
  const probe = await directory.probe();
  // A second try with a password that was refused would count against the account again.
  if (!probe.reachable && probe.outcome.kind === 'serviceAccountRefused') throw failureOf(probe.outcome);
  onProgress(inspectPeople ? 'Reading permissions, of each person too' : 'Reading permissions');
  const reports: RightsReport[] = [];
  for (const ou of scope ?? [undefined]) {
    const report = await directory.rights({ inspectPeople, ...(ou !== undefined && { ou }) });
    if (ou !== undefined && !report.ous.some(({ dn }) => sameDn(dn, ou)))
      throw new AgentError('ERR_CONFIG_INVALID', `${ou} is no organisational unit of ${report.domain.dn}`);
    reports.push(report);
  }
  const [first] = reports;
  if (first === undefined) throw new TypeError('a scope names at least one OU');
  onProgress('Counting people');
  const served = await countServedPeople(directory, {
    searchBases: scope,
    ownSid: first.trustee.sid,
    onCounted: (people) => onProgress(`Counting people: ${people}`),
  });
  onProgress(undefined);
  return {
    trustee: first.trustee,
    marker: first.marker,
    domain: first.domain.dn,
    scope,
    places: placesOf(reports, served, scope !== undefined),
    single: [
      { right: 'unexpirePassword', dn: first.domain.dn, evaluated: first.domain.unexpirePassword },
      { right: 'readPsos', dn: first.passwordSettings.dn, evaluated: first.passwordSettings.readPsos },
      {
        right: 'readDeletedObjects',
        dn: first.deletedObjects.dn,
        evaluated: first.deletedObjects.readDeletedObjects,
      },
    ],
    reports,
  };
}

function failureOf({ diagnosis }: DirectoryOutcome): ConnectionFailure {
  const reason = diagnosis?.reason;
  const isKnown = (text: string | undefined): text is ConnectionFailureReason =>
    text !== undefined && text in CONNECTION_FAILURES;
  return new ConnectionFailure(isKnown(reason) ? reason : 'bindRefused', diagnosis?.controller);
}

function placesOf(reports: readonly RightsReport[], served: ServedPeople, isScoped: boolean): PlaceRights[] {
  const ous = reports
    .flatMap((report) => report.ous)
    .filter((ou, at, all) => all.findIndex((other) => sameDn(other.dn, ou.dn)) === at);
  const counts = new Map(ous.map((ou) => [ou.dn, 0]));
  for (const { dn, people } of served) {
    const [nearest] = ous.filter((ou) => isBelowOrAt(dn, ou.dn)).sort((a, b) => b.dn.length - a.dn.length);
    if (nearest) counts.set(nearest.dn, (counts.get(nearest.dn) ?? 0) + people);
  }
  return inTreeOrder(ous).map((ou) => {
    const people = counts.get(ou.dn) ?? 0;
    return { ...ou, people, counts: isScoped || people > 0 };
  });
}

/** Parents in front of their children, siblings by name. */
function inTreeOrder<T extends { dn: string }>(ous: readonly T[]): T[] {
  const below = (parent: T): T[] => [
    parent,
    ...ous
      .filter((ou) => sameDn(parentDn(ou.dn) ?? '', parent.dn))
      .sort((a, b) => a.dn.localeCompare(b.dn))
      .flatMap(below),
  ];
  return ous.filter((ou) => !ous.some((other) => sameDn(parentDn(ou.dn) ?? '', other.dn))).flatMap(below);
}

/** What is not held of these rights, where it counts. */
export function lacksOf(survey: RightsSurvey, rights: readonly Right[]): Lack[] {
  const onPlaces = survey.places
    .filter((place) => place.counts)
    .flatMap((place) => rights.flatMap((right) => lackAt(place, right)));
  const onSingle = survey.single
    .filter(({ right, evaluated }) => rights.includes(right) && !isHeld(evaluated))
    .map(({ right, dn, evaluated }) => ({ right, dn, ...evaluated }));
  return [...onPlaces, ...onSingle];
}

export function lacksNeeded(survey: RightsSurvey): Lack[] {
  return lacksOf(survey, NEEDED_RIGHTS);
}

export function lacksOptional(survey: RightsSurvey): Lack[] {
  return lacksOf(survey, OPTIONAL_RIGHTS);
}

function lackAt(place: PlaceRights, right: Right): Lack[] {
  const { dn, people, rights, exceptions } = place;
  if (rights === 'unreadable')
    return right === 'resetPassword' ? [{ right, dn, people, state: 'unreadable' }] : [];
  if (!(right in rights)) return [];
  const evaluated = rights[right as PlaceRight];
  if (!isHeld(evaluated)) return [{ right, dn, people, ...evaluated }];
  return exceptions
    .filter(({ missing }) => missing.includes(right))
    .map((person) => ({ right, dn: person.dn, state: 'exception' }));
}

/**
 * Where a grant would be asked for: the scope, or the topmost OUs below which everybody lacks the same, never the
 * whole domain.
 */
export function basesToGrant(survey: RightsSurvey, lacks: readonly Lack[]): readonly string[] {
  if (survey.scope !== undefined) return survey.scope;
  const isLacking = (place: PlaceRights) =>
    lacks.some((lack) => sameDn(lack.dn, place.dn)) ||
    (!place.counts && lacks.every(({ right }) => lackAt(place, right).length > 0));
  const isWhole = (place: PlaceRights) =>
    !sameDn(place.dn, survey.domain) &&
    survey.places.filter(({ dn }) => isBelowOrAt(dn, place.dn)).every(isLacking) &&
    survey.places.some(({ dn, counts }) => counts && isBelowOrAt(dn, place.dn));
  const whole = survey.places.filter((place) => isWhole(place) || (place.counts && isLacking(place)));
  return whole
    .filter((place) => !whole.some((above) => !sameDn(above.dn, place.dn) && isBelowOrAt(place.dn, above.dn)))
    .map(({ dn }) => dn);
}
