import { ConnectionFailure, DirectoryError, LdapRefusal } from '@homeward/active-directory';
import type { Advice } from '../advice/advice.ts';
import { adviceForReason } from '../advice/advice-for.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { hang } from '../terminal/wrap-text.ts';

/** A directory that could not be asked, for people and for `--json`. */
export type DirectoryProblem = { code: string; reason?: string; controller?: string; advice: Advice };

/** @throws what is no fault of a directory */
export function directoryProblem(error: unknown): DirectoryProblem {
  if (error instanceof ConnectionFailure) {
    const { code, reason, controller } = error;
    return { code, reason, ...(controller !== undefined && { controller }), advice: adviceForReason(reason) };
  }
  if (error instanceof LdapRefusal)
    return {
      code: error.code,
      advice: {
        happened: error.message,
        means: 'The directory does not let the agent’s account read this.',
        next: 'Check that the account may list and read the OU, and that its name is right.',
      },
    };
  if (!(error instanceof DirectoryError)) throw error;
  return {
    code: error.code,
    advice: { happened: error.message, means: 'Nothing was read or written.', next: 'Run preflight.' },
  };
}

export function printProblem(terminal: Terminal, domain: string, problem: DirectoryProblem): void {
  const { paint, print, width } = terminal;
  const { advice, controller } = problem;
  print(paint('strong', `${domain}${controller === undefined ? '' : ` (${controller})`}`));
  print();
  for (const line of hang('  ', `${advice.happened} ${advice.means}`, width)) print(line);
  for (const line of hang('  Next: ', advice.next, width)) print(line);
}
