import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mount } from './private-mounts.ts';

/** For programs that find controllers by name: the forest's DNS servers instead of the machine's. */
export async function forestResolver(folder: string, dnsServers: readonly string[]): Promise<Mount> {
  const file = join(folder, 'resolv.conf');
  const lines = [...new Set(dnsServers)].map((server) => `nameserver ${server}`);
  await writeFile(file, `${[...lines, 'options timeout:1 attempts:1'].join('\n')}\n`);
  return { source: file, target: '/etc/resolv.conf' };
}
