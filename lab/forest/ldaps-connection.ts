import { readFile } from 'node:fs/promises';
import type { LookupFunction } from 'node:net';
import { Client } from 'ldapts';
import type { LabForest } from '../lab-file.ts';

export type LdapsAddress = Pick<LabForest, 'ldaps' | 'address' | 'caFile'>;

/**
 * An LDAPS client for the forest's controller, its certificate verified by name against the lab's CA. Not bound
 * yet; the caller unbinds.
 */
export async function ldapsClient(forest: LdapsAddress, timeoutMs = 30_000): Promise<Client> {
  return new Client({
    url: forest.ldaps,
    timeout: timeoutMs,
    connectTimeout: timeoutMs,
    tlsOptions: { ca: await readFile(forest.caFile), lookup: alwaysAt(forest.address) },
  });
}

/** Nothing on the machine resolves the lab's names, and /etc/hosts is not ours to change. */
export function alwaysAt(address: string): LookupFunction {
  return (_hostName, options, callback) => {
    if (options.all) callback(null, [{ address, family: 4 }]);
    else callback(null, address, 4);
  };
}
