import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { AskCloud, CommandOutput } from '../admin/commands.ts';
import type { Backup } from './backup.ts';
import type { Restored } from './restore.ts';

export type BackupCommandDeps = {
  ask: AskCloud;
  print: CommandOutput;
  masterKeyFile: () => Promise<string>;
  restore: (from: string) => Promise<Restored>;
};

/** `homeward-cloud backup | restore` */
export function registerBackupCommands(program: Command, deps: BackupCommandDeps): void {
  const { ask, print } = deps;
  program
    .command('backup')
    .description('copy the store of the running cloud to a file; the master key is not in it')
    .requiredOption('--to <file>', 'a file that is not there yet, as the user of the cloud sees it')
    .option('--json', 'print one JSON object')
    .action(async ({ to, json }: { to: string; json?: boolean }) => {
      const made = (await ask('POST', '/backup', { to: resolve(to) })) as Backup;
      const masterKeyFile = await deps.masterKeyFile();
      if (json) return print.out(JSON.stringify({ ...made, at: timeOf(made.at), masterKeyFile }));
      print.out(backupText(made, masterKeyFile));
    });
  program
    .command('restore')
    .description('put a backup in the place of the store, while the cloud is stopped')
    .requiredOption('--from <file>', 'as "backup" made it')
    .option('--json', 'print one JSON object')
    .action(async ({ from, json }: { from: string; json?: boolean }) => {
      const restored = await deps.restore(resolve(from));
      if (json) {
        const asOf = restored.asOf === null ? null : timeOf(restored.asOf);
        return print.out(JSON.stringify({ ...restored, asOf }));
      }
      print.out(restoreText(restored));
    });
}

export function backupText({ file, bytes, at }: Backup, masterKeyFile: string): string {
  return `The store as it was at ${timeOf(at)} is in ${file} (${bytes.toLocaleString('en')} bytes).
It holds people, their addresses and the audit log: keep it where only you can read it.
The master key is not in it. Keep a copy of ${masterKeyFile} too, but never beside the backup: who has both can open what is sealed in it, and without the key the backup is of no use.`;
}

export function restoreText({ voided, ...restored }: Restored): string {
  const { asOf, formerStore, openRequests, unknownRequests } = restored;
  const since = asOf === null ? 'the backup was made' : timeOf(asOf);
  return [
    asOf === null
      ? `${restored.store} is now what ${restored.from} holds.`
      : `${restored.store} is now what ${restored.from} holds: the state of ${since}.`,
    formerStore === null
      ? 'There was no store before.'
      : `The former store is kept as ${formerStore}. Delete it when nobody needs it any more.`,
    '',
    'What was given out before is void, also what the backup does not know of. It knew of:',
    `  resets that people had begun        ${voided.flows}`,
    `  codes sent by e-mail                ${voided.codes}`,
    `  enrolment tokens                    ${voided.enrolmentTokens}`,
    `  codes of machines to be approved    ${voided.deviceCodes}`,
    `  administrators who were signed in   ${voided.sessions}`,
    `Requests whose end is open: ${openRequests}. Their agents are asked as soon as they connect.`,
    ...(unknownRequests === 0
      ? []
      : [
          `Requests that are too old to ask about: ${unknownRequests}. They ended as unknown; the people are told by mail.`,
        ]),
    '',
    'Next:',
    '1. Start the cloud now: agents remember the end of a request for a day.',
    `2. Revoke again the agents, and disable again the administrators, that were revoked or disabled since ${since}:`,
    '   homeward-cloud agent list, homeward-cloud admin list',
    '3. Enrol again, each on its machine, the agents that were enrolled or whose keys were rolled since; they cannot connect:',
    '   homeward-cloud status, homeward-agent writeback disable --local-only, homeward-agent writeback enable',
    '4. On the agents’ machines, bring back people and groups that changed since: homeward-agent sync run --full',
  ].join('\n');
}

function timeOf(at: number): string {
  return new Date(at).toISOString();
}
