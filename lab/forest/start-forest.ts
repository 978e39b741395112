import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { copyFile, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LabForest } from '../lab-file.ts';
import { issueCertificate } from './certificate-authority.ts';
import type { ForestDeps } from './create-forest.ts';
import { LabError } from './errors.ts';
import { whatIsWrongWith } from './forest-answers.ts';
import type { ForestDescription } from './forest-description.ts';
import { type ForestPlace, linkShortPath } from './forest-place.ts';
import { forestResolver } from './forest-resolver.ts';
import { addressLabel, claimAddress } from './loopback-address.ts';
import { type Mount, withMounts } from './private-mounts.ts';
import { COMMAND_ENVIRONMENT } from './run-command.ts';
import { writeKerberosConfiguration, writeSambaConfiguration } from './samba-configuration.ts';

const PORTS = { DNS: 53, Kerberos: 88, LDAP: 389, LDAPS: 636 };
const PATIENCE_MS = 180_000;

/**
 * Starts the forest's controller and waits until it answers. Everything around the databases is written anew each
 * time, so a reboot, a moved checkout or a certificate that ran out mend themselves.
 */
export async function startForest(
  description: ForestDescription,
  forest: LabForest,
  place: ForestPlace,
  { authority, samba }: Pick<ForestDeps, 'authority' | 'samba'>,
): Promise<void> {
  await linkShortPath(place, place.folder);
  await claimAddress(forest.address, addressLabel(place));
  await refuseTakenPorts(forest.address);
  const { folder, shortPath } = place;
  const { address } = forest;
  const configuration = await writeSambaConfiguration(description, { folder, shortPath, address });
  await writeKerberosConfiguration(forest.krb5Config, description, address);
  await copyFile(authority.certFile, join(folder, 'tls/ca.crt'));
  await issueCertificate(authority, {
    folder: join(folder, 'tls'),
    name: 'controller',
    hostNames: [forest.hostName, forest.domain],
    addresses: [address],
    key: 'RSA-2048',
  });
  const mounts = [...samba.mounts];
  if (description.severalControllers) mounts.push(await forestResolver(folder, [forest.dnsServer, address]));
  await runController(configuration, forest, { folder, mounts });
}

async function runController(
  configuration: string,
  forest: LabForest,
  { folder, mounts }: { folder: string; mounts: Mount[] },
): Promise<void> {
  const output = openSync(join(folder, 'log/controller.out'), 'w', 0o600);
  // A session of its own: Ctrl-C in this terminal is not for it, and all its processes can be found by it.
  const args = ['--foreground', `--configfile=${configuration}`, '--no-process-group'];
  const child = spawn(...withMounts(mounts, ['samba', args]), {
    cwd: '/',
    detached: true,
    env: { ...COMMAND_ENVIRONMENT, SMB_CONF_PATH: configuration },
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  let ended: string | undefined;
  child.on('error', (error) => {
    ended = error.message;
  });
  child.on('exit', (code, signal) => {
    ended = `it ended with ${signal ?? `code ${code}`}`;
  });
  let problem: string | undefined;
  for (
    const giveUpAt = Date.now() + PATIENCE_MS;
    Date.now() < giveUpAt && ended === undefined;
    await sleep(25)
  ) {
    problem = await whatIsWrongWith(forest);
    if (problem === undefined) {
      child.unref();
      return;
    }
  }
  throw new LabError(
    'ERR_LAB_START_FAILED',
    `Samba did not start for ${forest.domain}: ${ended ?? problem}.\n${await lastWords(folder)}`,
  );
}

async function lastWords(folder: string): Promise<string> {
  const logs = await Promise.all(
    ['log/controller.out', 'log/samba.log'].map((name) =>
      readFile(join(folder, name), 'utf8').catch(() => ''),
    ),
  );
  return logs.join('').trimEnd().split('\n').slice(-12).join('\n');
}

/** A program that listens on every address of the machine would take the lab's ports too. */
async function refuseTakenPorts(address: string): Promise<void> {
  for (const [what, port] of Object.entries(PORTS)) {
    const problem = await listenProblem(address, port);
    if (problem !== undefined) {
      throw new LabError(
        'ERR_LAB_PORT_TAKEN',
        `Another program listens on port ${port} (${what}) of every address, ${address} too (${problem}). ` +
          `See which one with: ss -lntp sport = :${port}`,
      );
    }
  }
}

function listenProblem(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
