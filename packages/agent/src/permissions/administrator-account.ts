import { readFileSync } from 'node:fs';
import { Secret } from '@homeward/protocol/secret';
import { AgentError } from '../errors.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { unreadable } from '../unreadable.ts';

export type AdministratorOptions = { as?: string; passwordFile?: string };

/**
 * The administrator's account for one write: never kept, never an argument of the command line.
 * @throws {AgentError} ERR_CONFIG_INVALID where nobody is there to be asked, or the file cannot be read
 */
export async function readAdministrator(
  options: AdministratorOptions,
  domain: string,
  terminal: Terminal,
): Promise<{ userPrincipalName: string; password: Secret<string> }> {
  const named = options.as ?? (terminal.interactive ? await terminal.ask('Administrator: ') : '');
  if (named.trim() === '')
    throw new AgentError(
      'ERR_CONFIG_INVALID',
      `--as: name an administrator, such as administrator@${domain}`,
    );
  const userPrincipalName = named.includes('@') ? named.trim() : `${named.trim()}@${domain}`;
  const password = await readPassword(options.passwordFile, userPrincipalName, terminal);
  if (password.reveal() === '') throw new AgentError('ERR_CONFIG_INVALID', 'no password came');
  return { userPrincipalName, password };
}

async function readPassword(file: string | undefined, account: string, terminal: Terminal) {
  const firstLine = (text: string) => new Secret(text.replace(/\r?\n[\s\S]*$/, ''));
  if (file === '-') return firstLine(await terminal.readInput());
  if (file === undefined) {
    if (terminal.interactive) return terminal.askSecret(`Password of ${account}: `);
    throw new AgentError(
      'ERR_CONFIG_INVALID',
      '--password-file: needed where nobody can be asked; - for standard input',
    );
  }
  try {
    return firstLine(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new AgentError('ERR_CONFIG_INVALID', `--password-file: ${unreadable(file, cause)}`, { cause });
  }
}
