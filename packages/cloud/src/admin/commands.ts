import { readFileSync } from 'node:fs';
import { Secret } from '@homeward/protocol/secret';
import type { Command } from 'commander';
import { CloudError } from '../errors.ts';
import type { ListedAdministrator } from './manage-administrators.ts';
import { qrCodeLines } from './qr-code.ts';
import { tableText } from './table-text.ts';

/** Asks the running cloud: method, path below its control socket, body. */
export type AskCloud = (method: 'GET' | 'POST', path: string, body?: object) => Promise<unknown>;

export type CommandOutput = {
  out: (line: string) => void;
  err: (line: string) => void;
};

export type AdminCommandDeps = {
  ask: AskCloud;
  print: CommandOutput;
  /** without an echo; undefined where nobody is there to answer */
  askSecret: ((question: string) => Promise<Secret<string>>) | undefined;
  /** somebody looks at what is printed, and may hold a camera to it */
  isWatched: boolean;
  /** where administrators sign in */
  signInUrl: () => Promise<string>;
};

type CreateOptions = { userName: string; mail?: string; passwordFile?: string; json?: boolean };
type Made = { userName: string; password?: string; otpauthUri: string };

/** `homeward-cloud admin create | list | disable` */
export function registerAdminCommands(program: Command, deps: AdminCommandDeps): void {
  const admin = program
    .command('admin')
    .description('administrators of this cloud, who have accounts here alone');
  admin
    .command('create')
    .description('make an administrator, and show the second gate once')
    .requiredOption('--user-name <name>', 'a name that nobody in the directory has, such as admin-anna')
    .option('--mail <address>', 'where to tell of agents that were admitted')
    .option('--password-file <file>', 'file that holds the password')
    .option('--json', 'print one JSON object')
    .action((options: CreateOptions) => create(options, deps));
  admin
    .command('list')
    .description('show all administrators')
    .option('--json', 'print one JSON object')
    .action((options: { json?: boolean }) => list(options, deps));
  admin
    .command('disable')
    .description('keep an administrator out, and end every session')
    .requiredOption('--user-name <name>', 'as "admin list" shows it')
    .action((options: { userName: string }) => disable(options, deps));
}

async function create(options: CreateOptions, deps: AdminCommandDeps): Promise<void> {
  const { userName, mail, json } = options;
  const { out, err } = deps.print;
  const password = await passwordFor(options, deps);
  const made = (await deps.ask('POST', '/administrators', {
    userName,
    ...(mail !== undefined && { mail }),
    ...(password !== undefined && { password: password.reveal() }),
  })) as Made;
  if (json) return out(JSON.stringify(made));
  err(
    `The administrator ${made.userName} was made. What follows is shown once and kept nowhere in the clear.`,
  );
  if (made.password !== undefined) {
    err('Password:');
    out(made.password);
  }
  if (deps.isWatched) {
    err('Scan this with the authenticator app:');
    for (const line of qrCodeLines(made.otpauthUri)) err(line);
    err(`Or type this key into it: ${keyIn(made.otpauthUri)}`);
  } else err('For the authenticator app:');
  out(made.otpauthUri);
  err(`Next: sign in at ${await deps.signInUrl()}`);
}

/** In groups of four, which apps take with or without the spaces. */
function keyIn(otpauthUri: string): string {
  const key = new URL(otpauthUri).searchParams.get('secret') ?? '';
  return key.replace(/.{4}(?=.)/g, '$& ');
}

/** From the file, else typed twice, else none: then the cloud makes one. */
async function passwordFor(
  { passwordFile, json }: CreateOptions,
  { askSecret }: AdminCommandDeps,
): Promise<Secret<string> | undefined> {
  if (passwordFile !== undefined) return readPassword(passwordFile);
  if (json || askSecret === undefined) return undefined;
  const password = await askSecret('Password (leave empty to have one made): ');
  if (password.reveal() === '') return undefined;
  const again = await askSecret('The same password again: ');
  if (again.reveal() === password.reveal()) return password;
  throw new CloudError(
    'ERR_COMMAND_REFUSED',
    'The two passwords are not the same. Nothing was made; run the command again.',
  );
}

function readPassword(file: string): Secret<string> {
  try {
    return new Secret(readFileSync(file, 'utf8').replace(/\r?\n$/, ''));
  } catch (cause) {
    throw new CloudError(
      'ERR_COMMAND_REFUSED',
      `--password-file: ${file} cannot be read. Nothing was made.`,
      {
        cause,
      },
    );
  }
}

async function list({ json }: { json?: boolean }, { ask, print }: AdminCommandDeps): Promise<void> {
  const { administrators } = (await ask('GET', '/administrators')) as {
    administrators: ListedAdministrator[];
  };
  const day = (at: number | null) => (at === null ? null : new Date(at).toISOString());
  const shown = administrators.map((one) => ({
    userName: one.userName,
    mail: one.mail,
    createdAt: day(one.createdAt),
    lastSignedInAt: day(one.lastSignedInAt),
    disabledAt: day(one.disabledAt),
  }));
  if (json) return print.out(JSON.stringify({ administrators: shown }));
  if (shown.length === 0) {
    return print.err(
      'There are no administrators yet. Make one: homeward-cloud admin create --user-name <name>',
    );
  }
  const rows = [
    ['USER NAME', 'MAIL', 'LAST SIGN-IN', 'STATE'],
    ...shown.map(({ userName, mail, lastSignedInAt, disabledAt }) => [
      userName,
      mail ?? '-',
      lastSignedInAt ?? 'never',
      disabledAt === null ? 'enabled' : `disabled since ${disabledAt}`,
    ]),
  ];
  for (const line of tableText(rows)) print.out(line);
}

async function disable({ userName }: { userName: string }, { ask, print }: AdminCommandDeps): Promise<void> {
  const { left } = (await ask('POST', '/administrators/disable', { userName })) as { left: number };
  print.err(`${userName} cannot sign in any more, and every session of the account was ended.`);
  if (left === 0)
    print.err('Nobody can sign in to /admin now. Make an administrator: homeward-cloud admin create');
}
