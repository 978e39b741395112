import { isBelowOrAt, isHeld, sameDn } from '@homeward/active-directory';
import { printable } from '../terminal/display-width.ts';
import { type Cell, type Column, tableLines } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { hang, wrapText } from '../terminal/wrap-text.ts';
import { type PlaceRow, placeRows } from './place-rows.ts';
import { NEEDED_RIGHTS, OPTIONAL_RIGHTS, RIGHT_NAMES } from './right-names.ts';
import { lackWord, stateWord, trusteeWord } from './state-words.ts';
import {
  type Lack,
  lacksNeeded,
  lacksOptional,
  type PlaceRight,
  type PlaceRights,
  type RightsSurvey,
} from './survey-rights.ts';

const COLUMNS: readonly { right: PlaceRight; head: readonly string[] }[] = [
  { right: 'readAccount', head: ['Read all', 'properties'] },
  { right: 'resetPassword', head: ['Reset', 'Password'] },
  { right: 'changePassword', head: ['Change', 'Password'] },
  { right: 'writeLockoutTime', head: ['Write', 'lockoutTime'] },
  { right: 'writePwdLastSet', head: ['Write', 'pwdLastSet'] },
];
const MAX_LISTED = 20;

/** `all`: the OUs without people, too. @returns whether every needed right is held */
export function printSurvey(
  terminal: Terminal,
  survey: RightsSurvey,
  options: { all: boolean; domain: string },
): boolean {
  const { paint, print } = terminal;
  print(paint('strong', printable(`${options.domain}: what ${survey.trustee.name} may do`)));
  print();
  printPlaces(terminal, survey, options.all);
  print();
  printSingle(terminal, survey);
  printOptional(terminal, survey);
  const lacks = lacksNeeded(survey);
  if (lacks.length > 0) printLacks(terminal, survey, lacks);
  return lacks.length === 0;
}

function printPlaces(terminal: Terminal, survey: RightsSurvey, all: boolean): void {
  const { paint, print, width } = terminal;
  const isAbove = ({ dn }: PlaceRights) =>
    !sameDn(dn, survey.domain) && survey.places.some((place) => place.counts && isBelowOrAt(place.dn, dn));
  const shown = survey.places.filter((place) => all || place.counts || isAbove(place));
  const rows = placeRows(shown);
  const columns: Column[] = [
    { head: ['Where'], flexible: true },
    { head: ['OUs'], align: 'right' },
    { head: ['People'], align: 'right' },
    ...COLUMNS.map(({ head }) => ({ head })),
  ];
  const cells = rows.map((row): Cell[] => [
    { text: printable(row.label) },
    { text: String(row.ous) },
    { text: String(row.people) },
    ...COLUMNS.map(({ right }) => rightCell(terminal, row, right)),
  ]);
  const { heads, rows: lines } = tableLines(columns, cells, width);
  for (const head of heads) print(paint('dim', head));
  for (const line of lines) print(line);
  const hidden = survey.places.length - shown.length;
  const notes = [
    ...(rows.some(({ ous }) => ous > 1) ? ['OUs below with the same rights share a line.'] : []),
    ...(hidden > 0 ? [`${counted(hidden, 'OU', 'OUs')} without people left out (--all shows them).`] : []),
    ...(shown.length === 0 ? ['No enabled people are seen here.'] : []),
  ];
  for (const line of wrapText(notes.join(' '), width)) print(paint('dim', line));
}

function rightCell({ paint }: Terminal, { place, counts }: PlaceRow, right: PlaceRight): Cell {
  const bad = (text: string) => ({ text, paint: (shown: string) => paint('bad', shown) });
  if (place.rights === 'unreadable') return bad('not known');
  const evaluated = place.rights[right];
  const taken = place.exceptions.filter(({ missing }) => missing.includes(right)).length;
  if (isHeld(evaluated) && taken > 0) return bad(`not on ${taken}`.toUpperCase());
  if (isHeld(evaluated)) return { text: evaluated.state, paint: (text) => paint('good', text) };
  if (!counts) return { text: evaluated.state, paint: (text) => paint('dim', text) };
  return bad(stateWord(evaluated));
}

/** One line for a right: how it stands, and what there is to say. */
function printRight(
  { paint, print, width }: Terminal,
  how: 'good' | 'warn' | 'bad',
  state: string,
  text: string,
): void {
  const [first = '', ...rest] = wrapText(printable(text), width - 13);
  print(`  ${paint(how, state)}${' '.repeat(Math.max(1, 11 - state.length))}${first}`);
  for (const more of rest) print(`${' '.repeat(13)}${more}`);
}

function printSingle(terminal: Terminal, survey: RightsSurvey): void {
  terminal.print(printable(`On ${survey.domain} itself`));
  for (const { right, evaluated } of survey.single) {
    if (!NEEDED_RIGHTS.includes(right)) continue;
    const { name } = RIGHT_NAMES[right];
    const from = evaluated.by === undefined ? '' : `, through ${trusteeWord(evaluated.by, survey.trustee)}`;
    if (isHeld(evaluated)) printRight(terminal, 'good', evaluated.state, `${name}${from}`);
    else printRight(terminal, 'bad', stateWord(evaluated), `${name}: ${lackWord(evaluated, survey.trustee)}`);
  }
}

/** What works without, each with what it would bring. */
function printOptional(terminal: Terminal, survey: RightsSurvey): void {
  const lacks = lacksOptional(survey);
  const places = survey.places.filter(({ counts }) => counts).length;
  terminal.print();
  terminal.print('Optional');
  for (const right of OPTIONAL_RIGHTS) {
    const missing = lacks.filter((lack) => lack.right === right).length;
    const name = right === 'writeMarker' ? `Write ${survey.marker} (the marker)` : RIGHT_NAMES[right].name;
    const where =
      missing > 0 && missing < places && right === 'writeMarker' ? `, in ${missing} of ${places} OUs` : '';
    if (missing === 0) printRight(terminal, 'good', 'held', `${name}`);
    else printRight(terminal, 'warn', 'not held', `${name}${where}. ${RIGHT_NAMES[right].brings ?? ''}`);
  }
}

function printLacks({ paint, print, width }: Terminal, survey: RightsSurvey, lacks: readonly Lack[]): void {
  const places = [...new Set(lacks.map(({ dn }) => dn))];
  print();
  print(paint('bad', 'Needed, and not held'));
  for (const dn of places.slice(0, MAX_LISTED)) {
    const here = lacks.filter((lack) => lack.dn === dn);
    const people = here[0]?.people;
    print(`  ${printable(dn)}${people === undefined ? '' : ` (${counted(people, 'person', 'people')})`}`);
    for (const lack of here)
      for (const line of hang(`    ${RIGHT_NAMES[lack.right].name}: `, lackWord(lack, survey.trustee), width))
        print(line);
  }
  if (places.length > MAX_LISTED) print(`  and ${places.length - MAX_LISTED} more (--json lists all)`);
}

export function counted(number: number, one: string, several: string): string {
  return `${number} ${number === 1 ? one : several}`;
}
