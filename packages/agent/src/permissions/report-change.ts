import type { Right } from '@homeward/active-directory';
import { printable } from '../terminal/display-width.ts';
import { hang } from '../terminal/wrap-text.ts';
import { RIGHT_NAMES } from './right-names.ts';
import { lackWord } from './state-words.ts';
import { type Lack, lacksOf, type RightsSurvey } from './survey-rights.ts';

export type Change = { kind: 'grant' | 'revoke'; rights: readonly Right[]; width: number };

/** What the agent's own account reads afterwards, not what was meant. `isDone` is about what was asked for. */
export function reportChange(
  { kind, rights, width }: Change,
  before: RightsSurvey,
  after: RightsSurvey,
): { isDone: boolean; lines: string[] } {
  const lacks = lacksOf(after, rights);
  const tell = (text: string) => hang('', text, width);
  const names = (of: Iterable<Right>) => [...new Set(of)].map((right) => nameOf(after, right)).join(', ');
  const seen = `Read again as ${after.trustee.name}`;
  if (kind === 'grant')
    return lacks.length === 0
      ? { isDone: true, lines: tell(`${seen}: held now: ${names(rights)}.`) }
      : { isDone: false, lines: [...tell(`${seen}: still not held:`), ...lackLines(after, lacks, width)] };
  const lacked = lacksOf(before, rights);
  const gone = lacks.filter(
    (lack) => !lacked.some(({ dn, right }) => dn === lack.dn && right === lack.right),
  );
  const kept = rights.filter((right) => !lacks.some((lack) => lack.right === right));
  return {
    isDone: true,
    lines: [
      ...tell(
        gone.length === 0
          ? `${seen}: nothing is lost.`
          : `${seen}: not held any more: ${names(gone.map(({ right }) => right))}.`,
      ),
      ...(kept.length === 0 ? [] : tell(`Held still, through a group or by default: ${names(kept)}.`)),
    ],
  };
}

/** Why there is nothing to change. */
export function reportNothing(
  { kind, rights, width }: Change,
  survey: RightsSurvey,
): { isDone: boolean; lines: string[] } {
  const who = survey.trustee.name;
  if (kind === 'revoke')
    return {
      isDone: true,
      lines: hang(
        '',
        `Nothing to do: ${who} has no entries of its own for this here. What it has through a group or by default stays.`,
        width,
      ),
    };
  const lacks = lacksOf(survey, rights);
  if (lacks.length === 0)
    return { isDone: true, lines: hang('', `Nothing to do: ${who} holds all of this already.`, width) };
  return {
    isDone: false,
    lines: [
      ...hang('', `Nothing that a grant could do, and ${who} does not hold:`, width),
      ...lackLines(survey, lacks, width),
    ],
  };
}

function lackLines(survey: RightsSurvey, lacks: readonly Lack[], width: number): string[] {
  const lines = lacks.flatMap((lack) =>
    hang(
      '  ',
      `${nameOf(survey, lack.right)} on ${printable(lack.dn)}: ${lackWord(lack, survey.trustee)}`,
      width,
    ),
  );
  const isGroup = lacks.some(({ state, by }) => state === 'denied' && by !== survey.trustee.sid);
  const isPerson = lacks.some(({ state }) => state === 'exception');
  return [
    ...lines,
    ...(isGroup
      ? hang(
          '',
          'What denies a group is somebody’s decision about others and is left alone. An administrator finds it under Security, Advanced.',
          width,
        )
      : []),
    ...(isPerson
      ? hang(
          '',
          'A person whose own permissions block inheritance is not opened by this. Look whether they are to be protected.',
          width,
        )
      : []),
  ];
}

function nameOf({ marker }: RightsSurvey, right: Right): string {
  return right === 'writeMarker' ? `Write ${marker}` : RIGHT_NAMES[right].name;
}
