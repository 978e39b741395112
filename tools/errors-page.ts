import { writeFileSync } from 'node:fs';
import { ANSWERS, CONNECTION_FAILURES } from '@homeward/active-directory';
import { CLOSE_CODES } from '@homeward/protocol/close-code';
import { EVENTS } from '@homeward/protocol/event';
import { OUTCOMES, RULES } from '@homeward/protocol/outcome';
import type { Advice } from '../packages/agent/src/advice/advice.ts';
import { ANSWER_ADVICE } from '../packages/agent/src/advice/answer-advice.ts';
import { CLOSE_ADVICE } from '../packages/agent/src/advice/close-advice.ts';
import { CONNECTION_ADVICE } from '../packages/agent/src/advice/connection-advice.ts';
import { OUTCOME_ADVICE } from '../packages/agent/src/advice/outcome-advice.ts';
import { RULE_ADVICE } from '../packages/agent/src/advice/rule-advice.ts';
import { readErrorCodes } from './error-codes.ts';

export const ERRORS_PAGE = 'docs/errors.md';

const RETRY = { now: 'at once', later: 'later', never: 'when that is mended' };
const ACTS = { nobody: 'nobody', person: 'the person', administrator: 'an administrator' };

/** docs/errors.md, made from the tables that the code itself decides by. */
export function errorsPage(): string {
  return `# Outcomes, events and errors

Made from the code's own tables by \`node tools/errors-page.ts\`; a test fails when this page is out of date.

- [Outcomes](#outcomes): how a request ended
- [Password rules](#password-rules): which rules a refusal names
- [What a controller answered](#what-a-controller-answered) and [why there was no connection](#why-there-was-no-connection): \`reason\` in the agent's log and in \`preflight --json\`
- [Event ids](#event-ids)
- [Relay close codes](#relay-close-codes)
- [Error codes](#error-codes): faults of the programs themselves

## Outcomes

A closed list: every request ends in one of these. *Event* is the id in the agent's log, *SSPR* the number that the person's page shows, where the field has one. *Retry* is when another try can help, and *who* has to act.

${table(
  ['outcome', 'code', 'event', 'SSPR', 'retry', 'who'],
  Object.entries(OUTCOMES).map(([kind, { code, event, sspr, retry, acts }]) => [
    `[\`${kind}\`](#${kind.toLowerCase()})`,
    String(code),
    event === null ? 'of the operation' : String(event),
    sspr === 0 ? '' : `SSPR_00${String(sspr).padStart(2, '0')}`,
    kind === 'applied' || kind === 'replayed' ? '' : RETRY[retry],
    ACTS[acts],
  ]),
)}

${Object.entries(OUTCOME_ADVICE).map(section).join('\n\n')}

## Password rules

A refusal by policy names every rule that is broken, in this order. A rule that the agent's account may not read (a PSO's) cannot be named.

${table(
  ['rule', 'bit', 'meaning'],
  Object.entries(RULES).map(([rule, bit]) => [
    `\`${rule}\``,
    String(bit),
    RULE_ADVICE[rule as keyof typeof RULES],
  ]),
)}

## What a controller answered

Decided by the code of Active Directory, then by the LDAP result; never by the controller's sentence. The log has both numbers. Reasons without a number are our own checks before the write.

${reasons(ANSWERS, ANSWER_ADVICE)}

## Why there was no connection

Nothing was written in any of these cases.

${reasons(CONNECTION_FAILURES, CONNECTION_ADVICE)}

## Event ids

The numbers of the PasswordResetService log, so that alert rules which know them keep matching.

${table(
  ['id', 'event', 'outcomes that log it'],
  Object.entries(EVENTS)
    .sort(([, a], [, b]) => a - b)
    .map(([name, id]) => [String(id), words(name), outcomesOf(id)]),
)}

## Relay close codes

Why the relay ended a link: WebSocket close codes in the agent's log.

${table(
  ['code', 'reason', 'what happened', 'what it means', 'what to do next'],
  Object.entries(CLOSE_CODES).map(([reason, code]) => [
    String(code),
    `\`${reason}\``,
    ...sentences(CLOSE_ADVICE[reason as keyof typeof CLOSE_CODES]),
  ]),
)}

## Error codes

Faults, not answers: a program could not do its work. The message beside the code says what to do next.

${table(
  ['code', 'package', 'meaning'],
  readErrorCodes().map(({ code, package: owner, meaning = '' }) => [`\`${code}\``, owner, meaning]),
)}
`;
}

function section([kind, { happened, means, next }]: [string, Advice]): string {
  return `### ${kind}\n\n${happened} ${means} **Next:** ${next}`;
}

function reasons(kinds: Readonly<Record<string, string>>, advice: Readonly<Record<string, Advice>>): string {
  return table(
    ['reason', 'outcome', 'what happened', 'what it means', 'what to do next'],
    Object.entries(kinds).map(([reason, kind]) => {
      const told = advice[reason];
      return [`\`${reason}\``, `[\`${kind}\`](#${kind.toLowerCase()})`, ...(told ? sentences(told) : [])];
    }),
  );
}

function sentences({ happened, means, next }: Advice): string[] {
  return [happened, means, next];
}

function outcomesOf(id: number): string {
  return Object.entries(OUTCOMES)
    .filter(([, { event }]) => event === id)
    .map(([kind]) => `\`${kind}\``)
    .join(', ');
}

function words(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

if (import.meta.main) writeFileSync(ERRORS_PAGE, errorsPage());
