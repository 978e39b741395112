import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { askControl } from '../control-socket.ts';
import { startTestCloud, type TestCloud } from '../testing/test-cloud.ts';
import { registerBackupCommands } from './backup-commands.ts';
import { restoreStore } from './restore.ts';

/** Runs one command against the cloud as main.ts would, over its real control socket. @returns what it printed */
async function run({ config, clock }: TestCloud, ...args: string[]): Promise<string> {
  const out: string[] = [];
  const program = new Command().exitOverride();
  const { dataFolder, masterKeyFile, tenant } = config;
  registerBackupCommands(program, {
    ask: (method, path, body) => askControl(dataFolder, method, path, body),
    print: { out: (line) => void out.push(line), err: (line) => void out.push(line) },
    masterKeyFile: async () => masterKeyFile,
    restore: (from) =>
      restoreStore({ from, dataFolder, masterKeyFile, tenantName: tenant.name, clock: () => clock.now }),
  });
  await program.parseAsync(args, { from: 'user' });
  return out.join('\n');
}

const fileBeside = ({ config }: TestCloud) => join(dirname(config.dataFolder), 'backup.db');

test('backup says where it is, and that the master key is to be kept, and never beside it', async () => {
  await using cloud = await startTestCloud({ background: false });
  const file = fileBeside(cloud);
  const text = await run(cloud, 'backup', '--to', file);
  expect(text).toMatch(
    /^The store as it was at 2026-11-14T09:30:00.000Z is in .*backup\.db \([\d,]+ bytes\)\./,
  );
  expect(text).toContain(`Keep a copy of ${cloud.config.masterKeyFile} too, but never beside the backup`);
  expect(existsSync(file)).toBe(true);
  await expect(run(cloud, 'backup', '--to', file)).rejects.toMatchObject({
    code: 'ERR_COMMAND_REFUSED',
    message: expect.stringContaining('is there already'),
  });
});

test('restore says what is void, what is open, and what to do next', async () => {
  await using cloud = await startTestCloud({ background: false });
  const file = fileBeside(cloud);
  const made = JSON.parse(await run(cloud, 'backup', '--to', file, '--json'));
  expect(made).toEqual({
    ...{ file, bytes: expect.any(Number), at: '2026-11-14T09:30:00.000Z' },
    masterKeyFile: cloud.config.masterKeyFile,
  });
  await expect(run(cloud, 'restore', '--from', file)).rejects.toMatchObject({ code: 'ERR_STORE_IN_USE' });
  await cloud.stop();
  await expect(run(cloud, 'backup', '--to', `${file}-2`)).rejects.toMatchObject({
    code: 'ERR_CLOUD_NOT_RUNNING',
  });
  cloud.clock.now += 1_000;
  const text = await run(cloud, 'restore', '--from', file);
  expect(text.replaceAll(dirname(file), '')).toMatchInlineSnapshot(`
    "/data/cloud.db is now what /backup.db holds: the state of 2026-11-14T09:30:00.000Z.
    The former store is kept as /data/cloud.db.before-2026-11-14T09-30-01-000Z. Delete it when nobody needs it any more.

    What was given out before is void, also what the backup does not know of. It knew of:
      resets that people had begun        0
      codes sent by e-mail                0
      enrolment tokens                    0
      codes of machines to be approved    0
      administrators who were signed in   0
    Requests whose end is open: 0. Their agents are asked as soon as they connect.

    Next:
    1. Start the cloud now: agents remember the end of a request for a day.
    2. Revoke again the agents, and disable again the administrators, that were revoked or disabled since 2026-11-14T09:30:00.000Z:
       homeward-cloud agent list, homeward-cloud admin list
    3. Enrol again, each on its machine, the agents that were enrolled or whose keys were rolled since; they cannot connect:
       homeward-cloud status, homeward-agent writeback disable --local-only, homeward-agent writeback enable
    4. On the agents’ machines, bring back people and groups that changed since: homeward-agent sync run --full"
  `);
  cloud.clock.now += 1_000;
  expect(JSON.parse(await run(cloud, 'restore', '--from', file, '--json'))).toMatchObject({
    ...{ from: file, asOf: '2026-11-14T09:30:00.000Z', openRequests: 0, unknownRequests: 0 },
    voided: { flows: 0, codes: 0, enrolmentTokens: 0, deviceCodes: 0, sessions: 0 },
  });
  await cloud.restart();
});
