/** A whole Homeward around a lab forest: mailbox, cloud, an agent that enrolled as an administrator would do it. */
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join, resolve } from 'node:path';
import { buildCloud } from '@homeward/cloud/build';
import type { Lab, LabForest } from '../lab-file.ts';
import { type Mailbox, startMailbox } from '../mailbox/mailbox.ts';
import { freePort } from '../network/free-port.ts';
import { TcpGate } from '../network/tcp-gate.ts';
import { ManagedProcess } from './managed-process.ts';
import { shortFolder } from './short-folder.ts';

export const AGENT_MAIN = resolve(import.meta.dirname, '../../packages/agent/src/main.ts');
/** On a machine that does much else besides. */
const STARTED_WITHIN_MS = 120_000;

/** For tests: pages wait for their answer, which on a busy machine may take longer than a person would wait for it. */
export const PATIENT_PAGES = { timings: { answerSeconds: 60 } };

export type HomewardOptions = {
  lab: Lab;
  /** where it keeps configuration, state and logs; emptied first */
  folder: string;
  say?: (line: string) => void;
  /** the port that people open; a free one by default */
  port?: number;
  mailboxPorts?: { smtpPort?: number; httpPort?: number };
  /** put over the cloud's configuration */
  cloud?: Record<string, unknown>;
  /** the attribute that proves the agent's writes; the right to write it is the caller's to grant */
  marker?: string;
  /** the agent's own rules, where the defaults would stop so many writes */
  rules?: Record<string, unknown>;
  /** cables that tests can pull, between agent and directory and before the cloud; they cost a hop each way */
  cables?: boolean;
  /** another name than localhost: TLS by the lab's CA, on all addresses of the machine */
  tls?: { hostName: string; certFile: string; keyFile: string };
};

export type Homeward = {
  url: string;
  forest: LabForest;
  mailbox: Mailbox;
  cloud: ManagedProcess;
  /** the program that the cloud runs, with its commands */
  cloudMain: string;
  agent: ManagedProcess;
  /** the cable between the agent and the domain controller */
  directoryCable: TcpGate;
  /** the cable to the cloud: what browsers and agents send passes here (plain http only) */
  frontCable: TcpGate | undefined;
  folder: string;
  restartCloud: (changes?: Record<string, unknown>) => Promise<void>;
  startAgent: () => Promise<void>;
  stop: () => Promise<void>;
};

/** Starts it whole, or leaves nothing running. */
export async function startHomeward(options: HomewardOptions): Promise<Homeward> {
  await using opened = new AsyncDisposableStack();
  const { lab, folder, tls, cables = true, say = () => {} } = options;
  const [forest] = lab.forests;
  if (forest === undefined) throw new Error('the lab has no forest');
  rmSync(folder, { recursive: true, force: true });
  for (const part of ['cloud', 'agent']) mkdirSync(join(folder, part), { recursive: true, mode: 0o700 });

  // Its own: another Homeward that is made meanwhile would write into the file that this one starts from.
  const cloudMain = await buildCloud(join(folder, 'dist'));
  const mailbox = await startMailbox(options.mailboxPorts);
  opened.defer(() => mailbox.stop());
  const directoryCable = await TcpGate.open({ host: forest.address, port: 636 });
  opened.defer(() => directoryCable.stop());
  const hasFront = cables && !tls;
  const cloudPort = hasFront ? await freePort() : (options.port ?? (await freePort()));
  const listenHost = tls ? '0.0.0.0' : '127.0.0.1';
  const frontCable = hasFront
    ? await TcpGate.open({ host: listenHost, port: cloudPort }, { port: options.port ?? 0 })
    : undefined;
  opened.defer(() => frontCable?.stop());
  const url = tls
    ? `https://${tls.hostName}:${cloudPort}`
    : `http://localhost:${frontCable?.port ?? cloudPort}`;

  const cloudFile = join(folder, 'cloud.json');
  const dataFolder = shortFolder(join(folder, 'cloud'));
  opened.defer(dataFolder.remove);
  const configuration = {
    listen: { host: listenHost, port: cloudPort },
    publicUrl: url,
    ...(tls && { tls: { certFile: tls.certFile, keyFile: tls.keyFile } }),
    dataFolder: dataFolder.path,
    masterKeyFile: 'cloud-master.key',
    tenant: { name: 'Example Corporation', supportContact: 'Service desk, extension 4357' },
    mail: { host: mailbox.smtp.host, port: mailbox.smtp.port, from: 'Homeward <reset@corp.example.com>' },
    ...options.cloud,
  };
  writeFileSync(cloudFile, JSON.stringify(configuration, null, 2));
  const cloud = new ManagedProcess({
    name: 'the cloud',
    args: ['--disable-sigusr1', '--enable-source-maps', cloudMain, 'serve', '--config', cloudFile],
    cwd: folder,
    logFile: join(folder, 'cloud.log'),
  });
  opened.defer(() => cloud.stop());
  const startCloud = () => cloud.startUntilSaid('"msg":"the cloud is ready"', STARTED_WITHIN_MS);
  await startCloud();
  say(`cloud running at ${url}`);

  const directoryAt = cables ? `127.0.0.1:${directoryCable.port}` : forest.address;
  const agentFile = writeAgentConfiguration(folder, forest, directoryAt, {
    ...(tls && { cloudCaFile: lab.ca.certFile }),
    ...options,
  });
  const token = await run([cloudMain, 'token', 'create', '--config', cloudFile], folder);
  const agentRun = (command: string[]) => [
    '--disable-sigusr1',
    '--disable-warning=ExperimentalWarning',
    AGENT_MAIN,
    '--config',
    agentFile,
    ...command,
  ];
  await run(agentRun(['enroll', '--cloud', url, '--token-file', '-']), folder, token);
  say('agent enrolled');
  const agent = new ManagedProcess({
    name: 'the agent',
    args: agentRun(['run']),
    cwd: folder,
    logFile: join(folder, 'agent.log'),
  });
  const startAgent = async () => {
    const before = occurrences(agent);
    agent.start();
    await agent.until(() => {
      const now = occurrences(agent);
      return now.connected > before.connected && now.synchronised > before.synchronised;
    }, STARTED_WITHIN_MS);
  };
  opened.defer(() => agent.stop());
  writeFileSync(agent.logFile, '', { mode: 0o600 });
  await startAgent();
  say(`agent connected, ${forest.people.length} people in the directory`);

  const life = opened.move();
  return {
    url,
    forest,
    mailbox,
    cloud,
    cloudMain,
    agent,
    directoryCable,
    frontCable,
    folder,
    startAgent,
    async restartCloud(changes) {
      await cloud.stop();
      writeFileSync(cloudFile, JSON.stringify({ ...configuration, ...changes }, null, 2));
      const { connected } = occurrences(agent);
      await startCloud();
      if (agent.pid !== undefined)
        await agent.until(() => occurrences(agent).connected > connected, STARTED_WITHIN_MS);
    },
    stop: () => life.disposeAsync(),
  };
}

function writeAgentConfiguration(
  folder: string,
  forest: LabForest,
  directoryAt: string,
  { cloudCaFile, marker, rules }: { cloudCaFile?: string } & Pick<HomewardOptions, 'marker' | 'rules'>,
): string {
  const file = join(folder, 'agent.json');
  if (rules) writeFileSync(join(folder, 'agent-rules.json'), JSON.stringify(rules), { mode: 0o600 });
  writeFileSync(join(folder, 'agent-account.password'), `${forest.agentAccount.password}\n`, { mode: 0o600 });
  const configuration = {
    name: 'agent-1',
    stateFolder: 'agent',
    ...(cloudCaFile && { cloudCaFile }),
    ...(rules && { rulesFile: 'agent-rules.json' }),
    forests: [
      {
        domain: forest.domain,
        dnsServers: [forest.dnsServer],
        addresses: { [forest.hostName]: directoryAt },
        caFile: forest.caFile,
        ...(marker && { marker }),
        account: {
          userPrincipalName: forest.agentAccount.userPrincipalName,
          passwordFile: 'agent-account.password',
        },
      },
    ],
  };
  writeFileSync(file, JSON.stringify(configuration, null, 2));
  return file;
}

/** What the agent's log says of itself so far. */
function occurrences(agent: ManagedProcess): { connected: number; synchronised: number } {
  const lines = agent.log.split('\n');
  const count = (text: string) => lines.filter((line) => line.includes(text)).length;
  return {
    connected: count('"msg":"connected to the relay"'),
    synchronised: count('"msg":"people are in step with the directory"'),
  };
}

function run(args: string[], cwd: string, input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd, stdio: ['pipe', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (bytes: Buffer) => out.push(bytes));
    child.stderr.on('data', (bytes: Buffer) => err.push(bytes));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(Buffer.concat(out).toString('utf8'));
      else
        reject(
          new Error(
            `node ${args.slice(0, 2).join(' ')} ended with ${code}:\n${Buffer.concat(err).toString('utf8')}`,
          ),
        );
    });
    child.stdin.end(input);
  });
}

/** Whether anybody listens there. */
export function portOpen({ hostname, port }: URL): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: hostname, port: Number(port) });
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
