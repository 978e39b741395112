import { escapeFilter } from 'ldapts';
import { sidOf, textOf } from './entry.ts';
import { DirectoryError } from './errors.ts';
import type { Session } from './session-pool.ts';

/** Which forest and domain this is. `forestSid`, the SID of the root domain, names a forest for good. */
export type DirectoryIdentity = { forestSid: string; domain: string; baseDn: string; netbiosName: string };

/** @throws {DirectoryError} ERR_DIRECTORY_DATA where the directory does not say */
export async function readIdentity(session: Session, domain: string): Promise<DirectoryIdentity> {
  const { connection, facts } = session;
  const [partition] = await connection.search({
    base: `CN=Partitions,${facts.configurationDn}`,
    scope: 'one',
    filter: escapeFilter`(&(objectClass=crossRef)(nCName=${facts.baseDn}))`,
    attributes: ['nETBIOSName'],
  });
  const netbiosName = partition && textOf(partition, 'nETBIOSName');
  if (!netbiosName)
    throw new DirectoryError(
      'ERR_DIRECTORY_DATA',
      `${facts.host} does not list its own domain among the partitions.`,
    );
  return { forestSid: await readForestSid(session), domain, baseDn: facts.baseDn, netbiosName };
}

async function readForestSid(session: Session): Promise<string> {
  const { connection, facts } = session;
  if (facts.rootBaseDn.toLowerCase() === facts.baseDn.toLowerCase()) return facts.domainSid;
  // A child domain's controller does not hold the root domain, but a trust to it, with its SID.
  const root = facts.rootBaseDn.replace(/^DC=/i, '').replaceAll(/,DC=/gi, '.');
  const [trust] = await connection.search({
    base: `CN=System,${facts.baseDn}`,
    scope: 'one',
    filter: escapeFilter`(&(objectClass=trustedDomain)(trustPartner=${root}))`,
    attributes: ['securityIdentifier'],
  });
  const sid = trust && sidOf(trust, 'securityIdentifier');
  if (!sid) throw new DirectoryError('ERR_DIRECTORY_DATA', `${facts.host} does not know the SID of ${root}.`);
  return sid;
}
