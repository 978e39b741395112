/** `make demo`: a real forest, a cloud, an agent, a mailbox; and what to try. Runs until Ctrl-C. */
import { lookup } from 'node:dns/promises';
import { join } from 'node:path';
import { shellQuote } from '../../packages/agent/src/terminal/shell-quote.ts';
import { bringLabUp } from '../forest/bring-lab-up.ts';
import { issueCertificate } from '../forest/certificate-authority.ts';
import { type Lab, labFile, labFolder, readLab, updateLab } from '../lab-file.ts';
import { requireFreePorts } from './free-ports.ts';
import { AGENT_MAIN, portOpen, startHomeward } from './homeward.ts';
import { demoOptions } from './options.ts';

const DEFAULT_PORT = 8080;
const DEFAULT_TLS_PORT = 8443;
const DEFAULT_MAILBOX_PORT = 8081;

const say = (line: string) => console.log(line);
const since = performance.now();

try {
  await demo();
} catch (error) {
  console.error(`\nThe demo could not start: ${(error as Error).message}`);
  process.exitCode = 1;
}

async function demo(): Promise<void> {
  const options = demoOptions(process.argv.slice(2), process.env);
  const { hostName, mailboxPort = DEFAULT_MAILBOX_PORT } = options;
  const { port = hostName === undefined ? DEFAULT_PORT : DEFAULT_TLS_PORT } = options;
  if (hostName !== undefined) await requireName(hostName);
  await requireFreePorts([
    { what: 'the pages', host: hostName === undefined ? '127.0.0.1' : '0.0.0.0', port, variable: 'PORT' },
    { what: 'the mailbox', host: '127.0.0.1', port: mailboxPort, variable: 'MAILBOX_PORT' },
  ]);
  await refuseSecond(labFolder());
  say('Bringing up a real Active Directory forest (Samba) …');
  const { lab } = await bringLabUp(labFolder(), (line) => say(`  ${line}`));
  say('Starting Homeward …');
  const homeward = await startHomeward({
    lab,
    folder: join(lab.folder, 'demo'),
    say: (line) => say(`  ${line}`),
    cables: false,
    port,
    ...(hostName !== undefined && { tls: { hostName, ...(await certificateFor(lab, hostName)) } }),
    mailboxPorts: { httpPort: mailboxPort },
  });
  const { url, mailbox, forest } = homeward;
  const file = labFile(lab.folder);
  await updateLab(file, { cloud: { url }, mailbox: { smtp: mailbox.smtp, url: mailbox.url } });
  const [person] = forest.people.filter(({ kind }) => kind === 'ordinary');
  say(`
Ready after ${Math.round((performance.now() - since) / 1_000)} s.

  1. Open       ${url}/reset
  2. User ID    ${person?.userPrincipalName}
  3. Mailbox    ${mailbox.url}   (the code arrives here)
  4. Choose a new password: 8 characters or more, three kinds of characters.
     (Windows also refuses parts of the name; this Samba does not compare them.)

  See it hold   KRB5_CONFIG=${shellQuote(forest.krb5Config)} kinit ${person?.userName}@${forest.realm}
  Everybody     ${file}
  Logs          ${homeward.cloud.logFile}
                ${homeward.agent.logFile}

  Portal        ${url}/admin   (make an administrator first: the next line)
  The cloud     ${command(homeward.cloudMain, join(homeward.folder, 'cloud.json'))} admin create --user-name admin-anna
  The agent     ${command(AGENT_MAIN, join(homeward.folder, 'agent.json'))} status
${hostName === undefined ? nameHint(port, mailboxPort) : trustHint(lab)}
Ctrl-C stops the demo; the forest stays up until "make lab-down".`);
  const stop = async () => {
    say('\nStopping …');
    await homeward.stop();
    await updateLab(file, { cloud: null, mailbox: null });
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop());
}

/** What an installation calls homeward-cloud or homeward-agent; by this node, because the machine's may be older. */
function command(program: string, config: string): string {
  return [process.execPath, program, '-c', config].map(shellQuote).join(' ');
}

function certificateFor(lab: Lab, hostName: string): Promise<{ certFile: string; keyFile: string }> {
  return issueCertificate(lab.ca, {
    folder: join(lab.folder, 'tls'),
    name: 'cloud',
    hostNames: [hostName, 'localhost'],
    addresses: ['127.0.0.1'],
  });
}

/** Two would share one folder, which each empties when it starts. */
async function refuseSecond(folder: string): Promise<void> {
  const lab = await readLab(labFile(folder)).catch(() => undefined);
  if (!lab?.cloud || !(await portOpen(new URL(lab.cloud.url)))) return;
  throw new Error(
    `a demo of this lab runs already, at ${lab.cloud.url}/reset. Use that one, or stop it with Ctrl-C where it runs.\n` +
      '  If that is something else: "make lab-down" forgets the demo.',
  );
}

/** The agent and the browsers find the cloud by this name, so it has to be one. */
async function requireName(hostName: string): Promise<void> {
  const found = await lookup(hostName).catch(() => undefined);
  if (found !== undefined) return;
  const hosts = `echo "127.0.0.1 ${hostName}" >> /etc/hosts`;
  throw new Error(
    `${hostName} leads nowhere yet. Add it to your DNS, or try it on this machine with:\n  ${hosts}`,
  );
}

function nameHint(port: number, mailboxPort: number): string {
  return `
This is plain http, which browsers accept on this machine only. From another machine, the same through ssh:
  ssh -L ${port}:localhost:${port} -L ${mailboxPort}:localhost:${mailboxPort} THIS-MACHINE
To open it under another name, with TLS:
  make demo NAME=reset.example.com      (that name must lead to this machine; browsers must trust the lab's CA)
`;
}

function trustHint(lab: Lab): string {
  return `
Browsers trust this address once they trust the lab's CA:
  ${lab.ca.certFile}
The mailbox is there for this machine only.
`;
}
