import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';

/** Who asks, as an IP address. */
export type ClientAddressOf = (peer: string | undefined, forwardedFor: string | undefined) => string;

/**
 * Without a declared proxy the peer is the client, and X-Forwarded-For is a claim that anybody can make. With one,
 * the chain is read from its end: the last address that is not itself a declared proxy.
 */
export function clientAddressReader(proxies: readonly string[] = []): {
  clientAddressOf: ClientAddressOf;
  isProxy(peer: string | undefined): boolean;
} {
  const list = new BlockList();
  for (const entry of proxies) {
    const [address = '', bits] = entry.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  const isProxy = (peer: string | undefined) => {
    const address = plain(peer);
    return isIP(address) !== 0 && list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  };
  return {
    isProxy,
    clientAddressOf(peer, forwardedFor) {
      if (!isProxy(peer)) return plain(peer);
      const chain = (forwardedFor ?? '').split(',').map((part) => plain(part.trim()));
      const client = chain.findLast((address) => !isProxy(address));
      return client !== undefined && isIP(client) !== 0 ? client : plain(peer);
    },
  };
}

/** What limits count by: an IPv4 address, or the /64 that one household or office gets. */
export function addressGroup(address: string): string {
  if (isIPv4(address) || !isIPv6(address)) return address;
  const [head = '', tail = ''] = address.split('%', 1)[0]?.split('::') ?? [];
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const missing = Math.max(0, 8 - left.length - right.length);
  const groups = address.includes('::') ? [...left, ...Array<string>(missing).fill('0'), ...right] : left;
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

/** An IPv4 client on a dual-stack socket shows as ::ffff:192.0.2.1. */
function plain(address: string | undefined): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address ?? '');
  return mapped?.[1] ?? address ?? '';
}
