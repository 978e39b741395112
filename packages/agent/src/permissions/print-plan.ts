import type { DsaclsLine, RightsPlan } from '@homeward/active-directory';
import { printable } from '../terminal/display-width.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { hang } from '../terminal/wrap-text.ts';
import { describeStep } from './describe-step.ts';

const CANNOT_REMOVE = 'dsacls cannot remove one entry: /R takes away all that the account has there.';

/** Every entry that would be written, object by object, and then the commands that would do the same. */
export function printPlan(terminal: Terminal, plan: RightsPlan, marker: string): void {
  const { paint, print, width } = terminal;
  for (const dn of new Set(plan.steps.map((step) => step.dn))) {
    print(paint('strong', printable(dn)));
    for (const step of plan.steps.filter((one) => one.dn === dn))
      for (const { change, text } of describeStep(step, plan.trustee, marker))
        for (const line of hang(`  ${change.padEnd(9)}  `, printable(text), width)) print(line);
  }
  print();
  print('With dsacls:');
  const lines = dsaclsLines(plan);
  for (const { line } of lines) print(paint('dim', `  ${printable(line)}`));
  if (lines.some(({ exact }) => !exact)) for (const line of hang('  ', CANNOT_REMOVE, width)) print(line);
}

/** For a script: the commands alone. */
export function printDsacls(terminal: Terminal, plan: RightsPlan): void {
  for (const { line, exact } of dsaclsLines(plan)) {
    if (!exact) terminal.print(`REM ${CANNOT_REMOVE}`);
    terminal.print(printable(line));
  }
}

/** Each once: removing one entry and removing all are the same line. */
function dsaclsLines(plan: RightsPlan): DsaclsLine[] {
  const lines = plan.steps.flatMap((step) => step.dsacls);
  return [...new Map(lines.map((one) => [one.line, one])).values()];
}
