import { readFile } from 'node:fs/promises';
import { guardProcess } from '@homeward/process-memory/guard-process';
import { readLimits } from '@homeward/process-memory/read-limits';
import { Secret } from '@homeward/protocol/secret';
import { Command, Option } from 'commander';
import { pino } from 'pino';
import { askSecret } from './admin/ask-secret.ts';
import { type AskCloud, registerAdminCommands } from './admin/commands.ts';
import { PATHS } from './admin/paths.ts';
import { openAgents } from './agents/agents.ts';
import { registerAgentCommands } from './agents/commands.ts';
import { registerEventsCommand } from './agents/events-command.ts';
import type { TenantStatus } from './agents/status.ts';
import { registerReinstateCommand, registerStatusCommand } from './agents/status-command.ts';
import { registerAuditCommand } from './audit/audit-command.ts';
import { startCloud } from './cloud.ts';
import { readConfig } from './config.ts';
import { askControl } from './control-socket.ts';
import { CloudError } from './errors.ts';
import { smtpMailSender } from './mail/smtp-mail-sender.ts';
import { registerBackupCommands } from './store/backup-commands.ts';
import { restoreStore } from './store/restore.ts';
import { CLOUD_VERSION } from './version.ts';
import { refuseWrongCalls } from './wrong-calls.ts';

const EXIT_CONFIG = 2;

const program = new Command('homeward-cloud')
  .description('Self-service password reset: portal, gates, relay')
  .version(CLOUD_VERSION)
  .addOption(
    new Option('-c, --config <file>', 'the configuration, a JSON file')
      .env('HOMEWARD_CONFIG')
      .default('/etc/homeward/cloud.json'),
  );

program.command('serve').description('run the cloud until it is told to stop').action(serve);

const ask: AskCloud = async (method, path, body) => {
  const { dataFolder } = await readConfig(configFile());
  return askControl(dataFolder, method, path, body);
};
const print = {
  out: (line: string) => void process.stdout.write(`${line}\n`),
  err: (line: string) => void process.stderr.write(`${line}\n`),
};

registerAgentCommands(program, {
  ask,
  print,
  address: async () => (await readConfig(configFile())).publicUrl,
  async createToken() {
    const made = await ask('POST', '/enrolment-tokens');
    const { token, expiresAt } = made as { token: string; expiresAt: number };
    return { token: new Secret(token), expiresAt };
  },
});

registerStatusCommand(
  program,
  async () => (await ask('GET', '/status')) as TenantStatus,
  print.out,
  (exit) => {
    process.exitCode = exit;
  },
);

registerReinstateCommand(
  program,
  async (id) => {
    const answer = await ask('POST', `/agents/${encodeURIComponent(id)}/reinstate`);
    return (answer as { reinstated: boolean }).reinstated;
  },
  print.out,
);

registerEventsCommand(program, { ask, print, now: Date.now, width: process.stdout.columns });
registerAuditCommand(program, { ask, print, now: Date.now });

registerAdminCommands(program, {
  ask,
  print,
  askSecret: process.stdin.isTTY
    ? (question) => askSecret(process.stdin, process.stderr, question)
    : undefined,
  isWatched: process.stdout.isTTY && process.stderr.isTTY,
  signInUrl: async () => new URL(PATHS.signIn, (await readConfig(configFile())).publicUrl).href,
});

registerBackupCommands(program, {
  ask,
  print,
  masterKeyFile: async () => (await readConfig(configFile())).masterKeyFile,
  async restore(from) {
    const { dataFolder, masterKeyFile, tenant } = await readConfig(configFile());
    return restoreStore({ from, dataFolder, masterKeyFile, tenantName: tenant.name, clock: Date.now });
  },
});

async function serve(): Promise<void> {
  const config = await readConfig(configFile());
  const log = pino({ level: config.logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime });
  const problems = guardProcess({
    process,
    limits: readLimits('self'),
    warn: (message) => log.warn(message),
  });
  if (problems.length > 0) throw new CloudError('ERR_CONFIG_INVALID', problems.join('\n'));
  const cloud = await startCloud(config, {
    openAgents,
    mail: smtpMailSender(config.mail),
    islands: { sealPassword: await readFile(new URL('islands/seal-password.js', import.meta.url), 'utf8') },
    clock: Date.now,
    log,
  });
  const stop = (signal: string) => {
    log.info({ signal }, 'stopping');
    cloud.stop().then(
      () => log.info('stopped'),
      (error) => {
        log.error({ err: error }, 'it did not stop cleanly');
        process.exitCode = 1;
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

function configFile(): string {
  return program.opts<{ config: string }>().config;
}

refuseWrongCalls(program, (exit) => process.exit(exit));
try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CloudError)) throw error;
  const isConfig = error.code === 'ERR_CONFIG_INVALID';
  process.stderr.write(
    isConfig ? `The configuration has problems.\n${error.message}\n` : `${error.message}\n`,
  );
  process.exit(isConfig ? EXIT_CONFIG : 1);
}
