import { parentDn, type Right } from '@homeward/active-directory';
import { type DirectoryProblem, directoryProblem } from '../permissions/directory-problem.ts';
import { counted } from '../permissions/print-survey.ts';
import { NEEDED_RIGHTS, OPTIONAL_RIGHTS, RIGHT_NAMES } from '../permissions/right-names.ts';
import { lackWord } from '../permissions/state-words.ts';
import {
  basesToGrant,
  type Lack,
  lacksNeeded,
  lacksOf,
  type RightsSurvey,
} from '../permissions/survey-rights.ts';
import { shellQuote } from '../terminal/shell-quote.ts';
import { type Finding, fail, pass, warn } from './check.ts';

/** A line for each needed right that is not held anywhere it counts, and one for each optional one. */
export async function rightsChecks(survey: () => Promise<RightsSurvey>, command: string): Promise<Finding[]> {
  let read: RightsSurvey;
  try {
    read = await survey();
  } catch (error) {
    const { advice }: DirectoryProblem = directoryProblem(error);
    return [fail(advice.happened, advice.next)];
  }
  return [
    ...neededFindings(read, command),
    ...OPTIONAL_RIGHTS.map((right) => optionalFinding(read, right, command)),
  ];
}

function neededFindings(survey: RightsSurvey, command: string): Finding[] {
  const lacks = lacksNeeded(survey);
  const served = survey.places.filter(({ counts }) => counts);
  if (served.length === 0)
    return [
      warn('No enabled people are seen in this domain.', 'Let the account list and read the OUs of people.'),
    ];
  const whole = served.filter(({ dn }) => !lacks.some((lack) => lack.dn === dn));
  const people = whole.reduce((sum, place) => sum + place.people, 0);
  const held = `All needed ones held, in ${counted(whole.length, 'OU', 'OUs')} with ${counted(people, 'person', 'people')}.`;
  const single = lacks.filter((lack) => survey.single.some(({ right }) => right === lack.right));
  const onPeople = lacks.filter(({ state }) => state === 'exception');
  const onPlaces = lacks.filter((lack) => !single.includes(lack) && !onPeople.includes(lack));
  // Nobody said whom to serve: OUs that the delegation leaves out may be meant to be left out.
  const isGuess = survey.scope === undefined && whole.length > 0;
  return [
    ...(single.length === 0 && whole.length > 0 && (isGuess || onPlaces.length === 0) ? [pass(held)] : []),
    ...byPlaces(onPlaces).map((alike) => lackFinding(survey, alike, command, isGuess)),
    ...byPlaces(single).map((alike) => lackFinding(survey, alike, command, false)),
    ...byPlaces(onPeople).map((alike) => exceptionFinding(survey, alike, command)),
  ];
}

/** Rights that are lacking in the same places share a finding. */
function byPlaces(lacks: readonly Lack[]): Lack[][] {
  const rights = NEEDED_RIGHTS.map((right) => lacks.filter((lack) => lack.right === right));
  const keyOf = (alike: readonly Lack[]) => JSON.stringify(alike.map(({ dn, state, by }) => [dn, state, by]));
  return [
    ...Map.groupBy(
      rights.filter((alike) => alike.length > 0),
      keyOf,
    ).values(),
  ].map((all) => all.flat());
}

function lackFinding(
  survey: RightsSurvey,
  lacks: readonly Lack[],
  command: string,
  isGuess: boolean,
): Finding {
  const rights = [...new Set(lacks.map(({ right }) => right))];
  const places = [...new Set(lacks.map(({ dn }) => dn))];
  const [first] = lacks;
  const people = lacks
    .filter(({ right }) => right === rights[0])
    .reduce((sum, lack) => sum + (lack.people ?? 0), 0);
  const names = rights.map((right) => RIGHT_NAMES[right].name).join(', ');
  const more = places.length > 1 ? ` and ${counted(places.length - 1, 'more place', 'more places')}` : '';
  const whom = people > 0 ? ` (${counted(people, 'person', 'people')})` : '';
  const word = first ? lackWord(first, survey.trustee) : '';
  const told = `${names}: ${word}${word === 'missing' ? '' : ','} in ${places[0]}${more}${whom}.`;
  const found = isGuess
    ? warn(told, 'Grant them, or name the OUs to serve in searchBases:')
    : fail(told, rights.length === 1 ? 'Grant it:' : 'Grant them:');
  return { ...found, details: { rights, lacks }, run: grantCommand(survey, rights, lacks, command) };
}

/** Somebody's own permissions may be meant so: the others are served. */
function exceptionFinding(survey: RightsSurvey, lacks: readonly Lack[], command: string): Finding {
  const rights = [...new Set(lacks.map(({ right }) => right))];
  const people = [...new Set(lacks.map(({ dn }) => dn))];
  const names = rights.map((right) => RIGHT_NAMES[right].name).join(', ');
  const [first] = people;
  const whom = people.length === 1 ? first : `${people.length} people, such as ${first}`;
  return {
    ...warn(
      `${names}: taken away by the own permissions of ${whom}.`,
      'It may be meant so (“User cannot change password”). If not, grant:',
      { rights, lacks },
    ),
    run: grantCommand(survey, rights, lacks, command),
  };
}

const OPTIONAL_TITLES: Partial<Record<Right, string>> = {
  writeMarker: 'Marker',
  readPsos: 'PSOs',
  readDeletedObjects: 'Deleted objects',
};

function optionalFinding(survey: RightsSurvey, right: Right, command: string): Finding {
  const { name, brings = '' } = RIGHT_NAMES[right];
  const title = OPTIONAL_TITLES[right] ?? name;
  const lacks = lacksOf(survey, [right]);
  if (lacks.length === 0) return { title, ...pass(`${name}: held (optional).`) };
  const gain = `${brings.charAt(0).toLowerCase()}${brings.slice(1)}`;
  const finding = warn(`${name}: not held. It is optional.`, `With it, ${gain}`, { right, lacks });
  return { title, ...finding, run: grantCommand(survey, [right], lacks, command) };
}

function grantCommand(
  survey: RightsSurvey,
  rights: readonly Right[],
  lacks: readonly Lack[],
  command: string,
): string {
  const isSingle = rights.every((right) => survey.single.some((one) => one.right === right));
  const isPerson = lacks.some(({ state }) => state === 'exception');
  const bases = isSingle
    ? []
    : isPerson
      ? peopleBases(survey, lacks)
      : basesToGrant(survey, lacks).slice(0, 3);
  const ous = bases.map((dn) => ` --ou ${shellQuote(dn)}`).join('');
  const named = rights.map((right) => ` --right ${RIGHT_NAMES[right].option}`).join('');
  return `${command} permissions grant${ous}${named}${isPerson ? ' --people' : ''}`;
}

function peopleBases(survey: RightsSurvey, lacks: readonly Lack[]): readonly string[] {
  return survey.scope ?? [...new Set(lacks.flatMap(({ dn }) => parentDn(dn) ?? []))].slice(0, 3);
}
