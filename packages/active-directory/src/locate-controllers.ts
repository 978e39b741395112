import { getServers } from 'node:dns';
import { isIP } from 'node:net';
import { DnsError, type DnsServer, queryDns } from './dns-query.ts';
import { type DirectorySettings, LDAPS_PORT, parseAddress, type Timeouts } from './settings.ts';

/** A controller by name, and where it answers LDAPS. The name is what its certificate must carry. */
export type Endpoint = { host: string; addresses: readonly string[]; port: number };

/** [MS-ADTS] 6.3.2.3: the PDC emulator of the domain, and all its domain controllers. */
export const EMULATOR_RECORD = '_ldap._tcp.pdc._msdcs.';
export const CONTROLLERS_RECORD = '_ldap._tcp.dc._msdcs.';

type LocateSettings = Pick<DirectorySettings, 'dnsServers' | 'addresses'>;

/**
 * Host names of an SRV record in the order of RFC 2782. The port of the record (389) is not used: passwords are
 * only written over LDAPS.
 * @throws {DnsError}
 */
export async function locateHosts(
  settings: LocateSettings,
  name: string,
  limits: Timeouts,
): Promise<string[]> {
  const { answers } = await queryDns(serversOf(settings), name, 'SRV', limits.dns);
  const records = answers.flatMap((answer) => (answer.type === 'SRV' ? [answer.data] : []));
  if (records.length === 0) throw new DnsError('ENOTFOUND', name);
  return records
    .map((record) => ({
      host: record.target.toLowerCase().replace(/\.$/, ''),
      priority: record.priority ?? 0,
      draw: record.weight ? Math.random() ** (1 / record.weight) : 0,
    }))
    .sort((a, b) => a.priority - b.priority || b.draw - a.draw)
    .map((record) => record.host);
}

/** @throws {DnsError} where the name has no address */
export async function locateEndpoint(
  settings: LocateSettings,
  host: string,
  limits: Timeouts,
): Promise<Endpoint> {
  const given = settings.addresses?.[host];
  const parsed = given === undefined ? undefined : parseAddress(given, LDAPS_PORT);
  if (parsed) return { host, addresses: [parsed.address], port: parsed.port };
  if (isIP(host) !== 0) return { host, addresses: [host], port: LDAPS_PORT };
  const servers = serversOf(settings);
  const v4 = await addressesOf(servers, host, 'A', limits);
  const addresses = v4.length > 0 ? v4 : await addressesOf(servers, host, 'AAAA', limits);
  if (addresses.length === 0) throw new DnsError('ENOTFOUND', host);
  return { host, addresses, port: LDAPS_PORT };
}

async function addressesOf(
  servers: readonly DnsServer[],
  host: string,
  type: 'A' | 'AAAA',
  limits: Timeouts,
) {
  const { answers } = await queryDns(servers, host, type, limits.dns);
  return answers.flatMap((answer) =>
    answer.type === type && typeof answer.data === 'string' ? [answer.data] : [],
  );
}

function serversOf(settings: LocateSettings): DnsServer[] {
  return (settings.dnsServers ?? getServers()).flatMap((server) => parseAddress(server, 53) ?? []);
}
