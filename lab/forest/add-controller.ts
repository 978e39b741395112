import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabForest } from '../lab-file.ts';
import { administer, type Controller, startController } from './controller.ts';
import { forestPlace, linkShortPath } from './forest-place.ts';
import { forestResolver } from './forest-resolver.ts';
import { ldapsClient } from './ldaps-connection.ts';
import { addressLabel, claimAnyAddress } from './loopback-address.ts';
import { withMounts } from './private-mounts.ts';
import { mustRun } from './run-command.ts';
import { writeKerberosConfiguration, writeSambaConfiguration } from './samba-configuration.ts';

/**
 * Joins a second controller to a running forest, starts it, and puts it into the forest's DNS. It has a folder of its
 * own in the lab, so lab-down ends it too; lab.json does not name it, and a lab-up does not start it again.
 *
 * @param first a controller of a forest that is described with `severalControllers`
 */
export async function addController(first: Controller, name = 'dc2'): Promise<Controller> {
  const place = forestPlace(first.lab.folder, `${first.forest.name}-${name}`);
  await rm(place.folder, { recursive: true, force: true });
  for (const folder of ['private', 'state', 'cache', 'run', 'log', 'tls'])
    await mkdir(join(place.folder, folder), { recursive: true, mode: 0o700 });
  await linkShortPath(place, place.folder);
  const address = await claimAnyAddress(addressLabel(place));
  const description = { ...first.description, controller: name };
  const forest = seenFrom(first.forest, name, address, place.folder);
  const second: Controller = { ...first, description, forest, place };
  const { folder, shortPath } = place;
  await writeSambaConfiguration(description, { folder, shortPath, address });
  await writeKerberosConfiguration(forest.krb5Config, description, first.forest.address);
  // Without these names, which `dnsupdate` would have set, replication fails with WERR_INVALID_PARAMETER.
  await runAt(first, 'samba_spnupdate', []);
  const domain = forest.domain;
  await administer(second, [
    ...['domain', 'join', domain, 'DC', `--server=${first.forest.hostName}`],
    ...[`--realm=${forest.realm}`, '--dns-backend=SAMBA_INTERNAL'],
  ]);
  await startController(second);
  const { hostName } = forest;
  await addRecords(first, [
    [domain, name, 'A', address],
    [`_msdcs.${domain}`, await settingsGuid(second), 'CNAME', hostName],
    [`_msdcs.${domain}`, '_ldap._tcp.dc', 'SRV', `${hostName} 389 0 100`],
  ]);
  // The first one learns now that there is another to replicate from; it looks by itself only now and then.
  await runAt(first, 'samba_kcc', []);
  return second;
}

function seenFrom(forest: LabForest, name: string, address: string, folder: string): LabForest {
  const hostName = `${name}.${forest.domain}`;
  return {
    ...forest,
    hostName,
    address,
    ldaps: `ldaps://${hostName}:636`,
    krb5Config: join(folder, 'krb5.conf'),
  };
}

/** One of Samba's own maintenance programs, which work on the controller's databases. */
async function runAt({ forest, place, samba }: Controller, program: string, args: string[]): Promise<void> {
  const configuration = join(place.shortPath, 'smb.conf');
  const resolver = await forestResolver(place.folder, [forest.dnsServer, forest.address]);
  await mustRun(
    ...withMounts([...samba.mounts, resolver], [program, [`--configfile=${configuration}`, ...args]]),
  );
}

/**
 * Moves the role of the PDC emulator, and its SRV record with it, as a Windows controller would by itself.
 */
export async function transferPdcRole(from: Controller, to: Controller): Promise<void> {
  await administer(to, ['fsmo', 'transfer', '--role=pdc', '-H', `ldap://${to.forest.hostName}`]);
  const record = (host: string) => `${host} 389 0 100`;
  await administer(to, [
    ...['dns', 'update', to.forest.address, `_msdcs.${to.forest.domain}`, '_ldap._tcp.pdc', 'SRV'],
    ...[record(from.forest.hostName), record(to.forest.hostName)],
  ]);
}

type DnsRecord = [zone: string, name: string, type: string, data: string];

/** What a controller on another address than loopback adds by itself. */
async function addRecords(at: Controller, records: DnsRecord[]): Promise<void> {
  for (const record of records) await administer(at, ['dns', 'add', at.forest.address, ...record]);
}

/** Of its NTDS Settings object: the name by which other controllers find it. */
async function settingsGuid({ forest }: Controller): Promise<string> {
  const client = await ldapsClient(forest);
  try {
    await client.bind(forest.administrator.userPrincipalName, forest.administrator.password);
    const root = await client.search('', { scope: 'base', attributes: ['dsServiceName'] });
    const settings = String(root.searchEntries[0]?.['dsServiceName']);
    const found = await client.search(settings, {
      scope: 'base',
      attributes: ['objectGUID'],
      explicitBufferAttributes: ['objectGUID'],
    });
    return guidText(found.searchEntries[0]?.['objectGUID'] as Buffer);
  } finally {
    await client.unbind().catch(() => {});
  }
}

/** The first three fields are little-endian ([MS-DTYP] 2.3.4.2). */
function guidText(bytes: Buffer): string {
  const hex = (from: number, to: number) => bytes.toString('hex', from, to);
  const swapped = (from: number, to: number) =>
    Buffer.from(bytes.subarray(from, to)).reverse().toString('hex');
  return [swapped(0, 4), swapped(4, 6), swapped(6, 8), hex(8, 10), hex(10, 16)].join('-');
}
