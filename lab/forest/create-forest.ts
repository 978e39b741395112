import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabAccount, LabForest, LabPerson } from '../lab-file.ts';
import type { CertificateAuthority } from './certificate-authority.ts';
import { baseDnOf, domainOf, type ForestDescription, type PersonDescription } from './forest-description.ts';
import { type ForestPlace, linkShortPath } from './forest-place.ts';
import { inventPassword } from './invent-password.ts';
import { addressLabel, claimAnyAddress } from './loopback-address.ts';
import { withMounts } from './private-mounts.ts';
import { recordForest } from './recorded-forest.ts';
import { type Command, mustRun } from './run-command.ts';
import { writeSambaConfiguration } from './samba-configuration.ts';
import type { Samba } from './samba-version.ts';

/**
 * The system's Python: Samba's modules belong to it, whatever else is first on PATH. It dies with its caller, or a
 * killed lab-up would leave it writing into the folder that the next one makes anew.
 */
const PYTHON = ['--pdeathsig', 'KILL', '/usr/bin/python3'];
/** A large forest takes minutes, each person's keys being derived. */
const POPULATED_WITHIN_MS = 10 * 60_000;
const POPULATED_WITHIN_MS_EACH = 200;
const POPULATE = join(import.meta.dirname, 'populate-forest.py');

export type ForestDeps = { authority: CertificateAuthority; samba: Samba; say: (text: string) => void };

/**
 * Makes the directory with everything that the description names, not started yet. It grows in a folder beside its
 * own and is moved there when it is whole: a killed creation is found as a leftover, never as half a forest.
 */
export async function createForest(
  description: ForestDescription,
  place: ForestPlace,
  { authority, samba, say }: ForestDeps,
): Promise<LabForest> {
  const draft = draftFolder(place);
  await Promise.all([draft, place.folder].map((folder) => rm(folder, { recursive: true, force: true })));
  for (const folder of ['private', 'state', 'cache', 'run', 'log', 'tls']) {
    await mkdir(join(draft, folder), { recursive: true, mode: 0o700 });
  }
  await linkShortPath(place, draft);
  const address = await claimAnyAddress(addressLabel(place));
  say(`making ${domainOf(description)} with Samba ${samba.version}`);
  const { shortPath } = place;
  const configuration = await writeSambaConfiguration(description, { folder: draft, shortPath, address });
  await provision(description, { configuration, address, samba });
  const forest = await populate(
    description,
    {
      ...identityOf(description, address),
      caFile: authority.certFile,
      krb5Config: join(place.folder, 'krb5.conf'),
      sambaVersion: samba.version,
    },
    { configuration, directory: join(shortPath, 'private/sam.ldb'), samba },
  );
  await recordForest(draft, description, forest);
  // Provisioning ran without fsync; from here on the folder counts as a forest, also after a power cut.
  await mustRun('sync', ['--file-system', draft]);
  await rename(draft, place.folder);
  await linkShortPath(place, place.folder);
  return forest;
}

export function draftFolder(place: ForestPlace): string {
  return `${place.folder}.new`;
}

/** The machine's own smb.conf is neither read nor changed: `-s` and SMB_CONF_PATH name ours. */
async function provision(
  description: ForestDescription,
  { configuration, address, samba }: { configuration: string; address: string; samba: Samba },
): Promise<void> {
  const args = [
    ...['domain', 'provision', `--configfile=${configuration}`],
    ...[`--realm=${description.realm}`, `--domain=${description.netbiosName}`],
    ...[`--host-name=${description.controller}`, `--host-ip=${address}`],
    ...['--server-role=dc', '--dns-backend=SAMBA_INTERNAL'],
  ];
  await mustRun(...withMounts(samba.mounts, ['setpriv', [...PYTHON, '/usr/bin/samba-tool', ...args]]), {
    environment: offlineEnvironment(configuration),
  });
}

function offlineEnvironment(configuration: string): Record<string, string> {
  return { SMB_CONF_PATH: configuration, TDB_NO_FSYNC: '1' };
}

type Populated = {
  agentAccount: { dn: string; objectGuid: string };
  peopleOu: string;
  people: Record<string, { dn: string; objectGuid: string }>;
};

async function populate(
  description: ForestDescription,
  known: Omit<LabForest, 'peopleOu' | 'administrator' | 'agentAccount' | 'people'>,
  { configuration, directory, samba }: { configuration: string; directory: string; samba: Samba },
): Promise<LabForest> {
  const account = (userName: string): LabAccount => ({
    userName,
    userPrincipalName: `${userName}@${known.domain}`,
    password: inventPassword(),
  });
  const administrator = account('Administrator');
  const agentAccount = account(description.agentAccount.userName);
  const people = description.people.map((person) => ({ person, account: account(person.userName) }));
  const command: Command = ['setpriv', [...PYTHON, POPULATE, configuration, directory]];
  const answer = await mustRun(...withMounts(samba.mounts, command), {
    environment: offlineEnvironment(configuration),
    timeoutMs: POPULATED_WITHIN_MS + POPULATED_WITHIN_MS_EACH * people.length,
    input: JSON.stringify({
      ...description,
      administrator,
      agentAccount: { ...description.agentAccount, ...agentAccount },
      people: people.map((each) => ({ ...personAttributes(each.person, known.domain), ...each.account })),
    }),
  });
  const populated: Populated = JSON.parse(answer);
  return {
    ...known,
    peopleOu: populated.peopleOu,
    administrator,
    agentAccount: { ...agentAccount, dn: populated.agentAccount.dn },
    people: people.map((each) => labPerson(each.person, each.account, populated, known.domain)),
  };
}

function identityOf(description: ForestDescription, address: string) {
  const domain = domainOf(description);
  const hostName = `${description.controller}.${domain}`;
  return {
    name: description.name,
    realm: description.realm,
    domain,
    netbiosName: description.netbiosName,
    baseDn: baseDnOf(description),
    ldaps: `ldaps://${hostName}:636`,
    hostName,
    address,
    dnsServer: address,
  };
}

function mailOf(person: PersonDescription, domain: string): string {
  return `${person.userName}@${domain}`;
}

function personAttributes(person: PersonDescription, domain: string) {
  return { ...person, sn: person.surname, mail: mailOf(person, domain) };
}

function labPerson(
  person: PersonDescription,
  account: LabAccount,
  populated: Populated,
  domain: string,
): LabPerson {
  const { dn, objectGuid } = populated.people[person.userName] ?? { dn: '', objectGuid: '' };
  const { displayName, givenName, surname, kind } = person;
  return { ...account, displayName, givenName, surname, mail: mailOf(person, domain), dn, objectGuid, kind };
}
