import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

const LOWEST = 10_000;
const TRIES = 200;
const given = new Set<number>();

/**
 * A port of loopback for a process that is yet to be started. The kernel hands out those of its own range (ip(7),
 * ip_local_port_range) to whoever asks for any port: one of these would often belong to somebody else when that process
 * comes to listen. So it is one below that range, and no other that this process was given.
 */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  const [first = 32_768] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
    .split('\t')
    .map(Number);
  const size = first - LOWEST;
  if (!(size > TRIES)) throw new Error(`the kernel hands out ports from ${first} on, and leaves too few`);
  for (let left = TRIES; left > 0; left--) {
    const port = LOWEST + Math.floor(Math.random() * size);
    if (given.has(port) || !(await canListen(host, port))) continue;
    given.add(port);
    return port;
  }
  throw new Error(`none of ${TRIES} ports is free`);
}

async function canListen(host: string, port: number): Promise<boolean> {
  const server = createServer().listen({ host, port, exclusive: true });
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
