import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { OutcomeKind, PolicyRefusal, Rule } from '@homeward/protocol/outcome';
import { type Ending, HOLDINGS, type Situation } from './situations/situation.ts';
import { SITUATIONS } from './situations.ts';

const PAGE = fileURLToPath(new URL('../../docs/situations.md', import.meta.url));

/** What of the portal's English locale is read here. */
type Words = {
  enOutcomes: Record<OutcomeKind, { heading: string }>;
  enRules: Record<
    Rule,
    (refusal: PolicyRefusal, retryAt: { iso: string; text: string } | undefined) => string
  >;
};
const locale = new URL('../../packages/cloud/src/portal/locales/en-outcomes.ts', import.meta.url);
const { enOutcomes, enRules }: Words = await import(locale.href);

const OPERATION_WORDS = {
  reset: 'reset',
  adminReset: 'administrator’s reset',
  change: 'change',
  unlock: 'unlock',
  dryRun: 'dry run',
};

/** docs/situations.md, made from the table that the tests run. */
function situationsPage(): string {
  const count = SITUATIONS.flatMap(({ rows }) => rows).length;
  return `# Situations

Made from the table in \`lab/scenarios/situations.ts\` by \`node lab/scenarios/write-situations.ts\`; a test fails when this page is out of date.

What comes of ${count} situations in Active Directory. Each row is run as a test against two real directories: Samba 4.17, which has no policy hints, and Samba 4.25, which has them. A second line in a cell, marked *4.17*, is where the first of them ends otherwise: a reset there is not held to history and minimum age, and the answer says so. Afterwards the test reads the directory: the version of the password, \`pwdLastSet\`, \`lockoutTime\`, and what a sign-in with the old or the new password says.

*Event* is the id in the agent’s log, *reason* what the log and the administrator have beyond it ([errors.md](errors.md) has the advice for each). *The person reads* is the heading of the page and, where the policy refuses, each rule that is broken.

${SITUATIONS.map(({ section, rows }) => `## ${section}\n\n${table(rows)}`).join('\n\n')}
`;
}

function table(rows: readonly Situation[]): string {
  const heads = [
    'situation',
    'operation',
    'outcome',
    'event',
    'the person reads',
    'the directory then holds',
    'reason',
  ];
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map((row) => line(cellsOf(row)))].join('\n');
}

function cellsOf(row: Situation): string[] {
  const either = (cell: (ending: Ending) => string) => {
    const [hints, without] = [cell(row.ends), row.endsWithoutHints && cell(row.endsWithoutHints)];
    return without === undefined || without === hints ? hints : `${hints}<br>*4.17:* ${without || 'none'}`;
  };
  return [
    row.situation,
    operationOf(row),
    either(({ outcome, refusal }) =>
      [
        `[\`${outcome}\`](errors.md#${outcome.toLowerCase()})`,
        ...(refusal?.rules ?? []).map((rule) => `\`${rule}\``),
      ].join(' '),
    ),
    either(({ event }) => String(event)),
    either((ending) => read(row, ending)),
    either(({ holds }) => HOLDINGS[holds]),
    either(({ reason, missing, notes }) =>
      [reason, ...(missing ?? []).map((right) => `missing: ${right}`), ...(notes ?? [])]
        .filter(Boolean)
        .map((word) => `\`${word}\``)
        .join(' '),
    ),
  ];
}

function operationOf({ asked }: Situation): string {
  const word = OPERATION_WORDS[asked.operation];
  if (asked.operation === 'dryRun') return `${word} of ${asked.of}`;
  return 'mustChange' in asked && asked.mustChange ? `${word}, change at next logon` : word;
}

function read({ asked }: Situation, { outcome, refusal }: Ending): string {
  // The portal's words for success are about a password that was set.
  if (outcome === 'applied' && (asked.operation === 'unlock' || asked.operation === 'dryRun'))
    return 'nothing';
  const retryAt = { iso: '', text: '(the exact time)' };
  const sentences = (refusal?.rules ?? []).map((rule) => enRules[rule](refusal ?? { rules: [] }, retryAt));
  return [`**${enOutcomes[outcome].heading}**`, ...sentences].join(' ');
}

if (process.argv.includes('--print')) process.stdout.write(situationsPage());
else writeFileSync(PAGE, situationsPage());
