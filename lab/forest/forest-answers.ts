import { connect } from 'node:net';
import type { LabForest } from '../lab-file.ts';
import { ldapsClient } from './ldaps-connection.ts';

/** A controller that is taken for dead is ended and started anew, so one that is merely slow must not be. */
const PATIENCE_MS = 10_000;

/**
 * Whether the controller serves: its directory over verified LDAPS, and its Kerberos, DNS and RPC ports.
 * @returns what is wrong, in words; nothing when all is well
 */
export async function whatIsWrongWith(forest: LabForest): Promise<string | undefined> {
  const answers = await Promise.all([
    directoryProblem(forest),
    portProblem(forest.address, 88, 'Kerberos'),
    portProblem(forest.address, 53, 'DNS'),
    portProblem(forest.address, 135, 'RPC'),
  ]);
  return answers.find((problem) => problem !== undefined);
}

async function directoryProblem(forest: LabForest): Promise<string | undefined> {
  const client = await ldapsClient(forest, PATIENCE_MS);
  try {
    const { searchEntries } = await client.search('', {
      scope: 'base',
      attributes: ['defaultNamingContext'],
    });
    const serves = String(searchEntries[0]?.['defaultNamingContext']);
    return serves.toLowerCase() === forest.baseDn.toLowerCase() ? undefined : `its directory is ${serves}`;
  } catch (error) {
    return `its directory does not answer (${error instanceof Error ? error.message : String(error)})`;
  } finally {
    await client.unbind().catch(() => {});
  }
}

function portProblem(host: string, port: number, what: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: PATIENCE_MS });
    const answer = (problem: string | undefined) => {
      socket.destroy();
      resolve(problem);
    };
    socket.on('connect', () => answer(undefined));
    socket.on('timeout', () => answer(`its ${what} port does not answer`));
    socket.on('error', () => answer(`its ${what} port is closed`));
  });
}
