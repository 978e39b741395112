import { isIP } from 'node:net';
import type { Secret } from '@homeward/protocol/secret';
import { DirectoryError } from './errors.ts';

/** Where a domain is, who we are there, and what is wanted of it. Times in milliseconds. */
export type DirectorySettings = {
  /** DNS name of the domain, such as `corp.example.com` */
  domain: string;
  /** the forest's own DNS servers, `127.1.2.3` or `127.1.2.3:5353`; the system's where absent */
  dnsServers?: readonly string[];
  /** host names to ask instead of the domain's SRV records; they serve reads first, in this order */
  controllers?: readonly string[];
  /** host name to `address` or `address:port`, instead of DNS. Certificates are still checked by name */
  addresses?: Readonly<Record<string, string>>;
  /** PEM of the authorities to trust; the system's store where absent */
  ca?: string;
  account: { userPrincipalName: string; password: Secret<string> };
  /** connections kept per controller */
  poolSize?: number;
  timeouts?: Partial<Timeouts>;
  /** refuse to reset where the controller cannot enforce history on a reset (event 6329) */
  requirePolicyHints?: boolean;
  /** write to another writable controller while the PDC emulator is away */
  otherWritableController?: boolean;
  /**
   * the fence attribute: unused by others, single-valued, text. Absent: the default one, for each person on whom
   * our account may write it. false: none
   */
  marker?: string | false;
};

/** Limits in milliseconds. `write` is the limit that resolving a lost write relies on: see `resolve-write.ts`. */
export type Timeouts = {
  dns: number;
  connect: number;
  bind: number;
  read: number;
  write: number;
  /** waiting for a free connection of the pool */
  queue: number;
};

export const DEFAULT_TIMEOUTS: Timeouts = {
  dns: 2_000,
  connect: 4_000,
  bind: 4_000,
  read: 4_000,
  write: 15_000,
  queue: 15_000,
};

export const DEFAULT_POOL_SIZE = 4;
export const LDAPS_PORT = 636;
const GLOBAL_CATALOGUE_PORTS = new Set([3268, 3269]);

export type Clock = { now(): number };

/** What of a logger is used: pino's order of arguments. */
export type Log = {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
};

export type DirectoryDeps = { clock: Clock; log: Log };

/** Splits `host`, `host:port` and `[v6]:port`; undefined where the port is no port. */
export function parseAddress(
  text: string,
  defaultPort: number,
): { address: string; port: number } | undefined {
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(text);
  const plain = isIP(text) === 6 ? null : /^([^:]+)(?::(\d+))?$/.exec(text);
  const address = bracketed?.[1] ?? plain?.[1] ?? (isIP(text) === 6 ? text : undefined);
  if (address === undefined) return undefined;
  const port = Number(bracketed?.[2] ?? plain?.[2] ?? defaultPort);
  return port >= 1 && port <= 65_535 ? { address, port } : undefined;
}

/** @throws {DirectoryError} ERR_DIRECTORY_SETTINGS, naming all problems at once */
export function checkSettings(settings: DirectorySettings): void {
  const problems: string[] = [];
  if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(settings.domain))
    problems.push('domain: must be a DNS name such as corp.example.com');
  for (const [at, server] of (settings.dnsServers ?? []).entries()) {
    const parsed = parseAddress(server, 53);
    if (!parsed || isIP(parsed.address) === 0)
      problems.push(`dnsServers[${at}]: must be an address or address:port`);
  }
  for (const [host, address] of Object.entries(settings.addresses ?? {})) {
    const parsed = parseAddress(address, LDAPS_PORT);
    if (!parsed || isIP(parsed.address) === 0)
      problems.push(`addresses.${host}: must be an address or address:port`);
    else if (GLOBAL_CATALOGUE_PORTS.has(parsed.port))
      problems.push(
        `addresses.${host}: ${parsed.port} is the global catalogue, which takes no writes; use 636`,
      );
  }
  if (settings.account.userPrincipalName === '')
    problems.push('account.userPrincipalName: must not be empty');
  // An empty password makes a simple bind anonymous and successful (RFC 4513 section 5.1.2).
  if (settings.account.password.reveal() === '') problems.push('account.password: must not be empty');
  if (settings.poolSize !== undefined && !(Number.isInteger(settings.poolSize) && settings.poolSize >= 1))
    problems.push('poolSize: must be a whole number from 1');
  for (const [name, limit] of Object.entries(settings.timeouts ?? {}))
    if (!(limit > 0)) problems.push(`timeouts.${name}: must be more than 0 milliseconds`);
  if (problems.length > 0)
    throw new DirectoryError(
      'ERR_DIRECTORY_SETTINGS',
      `The directory settings cannot be used:\n${problems.join('\n')}`,
    );
}
