import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the running agent says of its rules, for `status`, which is another process. */
export type RulesFacts = {
  /** undefined: the configuration names none, and the defaults hold */
  file?: string;
  /** when the agent took the rules that hold, Unix ms */
  asOf: number;
  /** of the file as it is now, a line each by path; the rules hold as they were where there are any */
  problems: string[];
};

const FILE = 'rules.json';

export function writeRulesFacts(stateFolder: string, facts: RulesFacts): void {
  const path = join(stateFolder, FILE);
  writeFileSync(`${path}.draft`, JSON.stringify(facts), { mode: 0o600 });
  renameSync(`${path}.draft`, path);
}

export function clearRulesFacts(stateFolder: string): void {
  rmSync(join(stateFolder, FILE), { force: true });
}

/** What the agent said last; it holds only while the agent runs. Undefined where it never said anything. */
export function readRulesFacts(stateFolder: string): RulesFacts | undefined {
  try {
    return JSON.parse(readFileSync(join(stateFolder, FILE), 'utf8')) as RulesFacts;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
