import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { AUTHORITATIVE_ANSWER, decode, encode, type Packet, TRUNCATED_RESPONSE } from 'dns-packet';
import { afterEach, expect, test } from 'vitest';
import { type DnsServer, queryDns } from './dns-query.ts';
import { locateEndpoint, locateHosts } from './locate-controllers.ts';
import { DEFAULT_TIMEOUTS } from './settings.ts';

type Reply = (question: Packet) => Packet | Packet[];

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** A name server on loopback, UDP and TCP on one port. */
async function serve(udp: Reply, tcp: Reply = udp): Promise<DnsServer> {
  const list = (reply: Packet | Packet[]) => (Array.isArray(reply) ? reply : [reply]);
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (data) => {
      for (const packet of list(tcp(decode(data.subarray(2))))) {
        const message = encode(packet);
        const length = Buffer.alloc(2);
        length.writeUInt16BE(message.length);
        // In two pieces: TCP promises no more.
        socket.write(Buffer.concat([length, message.subarray(0, 5)]));
        setTimeout(() => socket.end(message.subarray(5)), 5);
      }
    });
  });
  const { socket, port } = await bindBoth(server);
  socket.on('message', (message, from) => {
    for (const packet of list(udp(decode(message)))) socket.send(encode(packet), from.port, from.address);
  });
  stops.push(
    () => socket.close(),
    () => server.close(),
  );
  return { address: '127.0.0.1', port };
}

/** What is free for TCP may be somebody's for UDP. */
async function bindBoth(server: Server): Promise<{ socket: Socket; port: number }> {
  for (;;) {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    if (isFree) return { socket, port };
    socket.close();
  }
}

const answer = (question: Packet, more: Partial<Packet> = {}): Packet => ({
  id: question.id ?? 0,
  type: 'response',
  flags: AUTHORITATIVE_ANSWER,
  questions: question.questions ?? [],
  ...more,
});
const address = (name: string, data: string) => ({ type: 'A' as const, name, data });
const host = 'dc1.corp.example.com';
/** ms; nothing in these tests waits for so long */
const LONG = 15_000;

test('an answer is taken from the first server', async () => {
  const server = await serve((question) => answer(question, { answers: [address(host, '192.0.2.1')] }));
  const { answers } = await queryDns([server], host, 'A', LONG);
  expect(answers).toMatchObject([{ data: '192.0.2.1' }]);
});

test('an answer that was cut is asked for again by TCP', async () => {
  const server = await serve(
    (question) => answer(question, { flags: AUTHORITATIVE_ANSWER | TRUNCATED_RESPONSE }),
    (question) => answer(question, { answers: [address(host, '192.0.2.2')] }),
  );
  expect((await queryDns([server], host, 'A', LONG)).answers).toMatchObject([{ data: '192.0.2.2' }]);
});

test('answers to another question or with another id are ignored', async () => {
  const server = await serve((question) => [
    answer(question, { id: ((question.id ?? 0) + 1) % 65_536, answers: [address(host, '198.51.100.1')] }),
    answer(question, {
      questions: [{ type: 'A', name: 'evil.example.com' }],
      answers: [address(host, '198.51.100.2')],
    }),
    answer(question, { answers: [address(host, '192.0.2.3')] }),
  ]);
  expect((await queryDns([server], host, 'A', LONG)).answers).toMatchObject([{ data: '192.0.2.3' }]);
});

test('a silent server is passed over', async () => {
  const silent = await serve(() => []);
  const good = await serve((question) => answer(question, { answers: [address(host, '192.0.2.4')] }));
  expect((await queryDns([silent, good], host, 'A', 2_000)).answers).toHaveLength(1);
});

test('a name that does not exist is told apart from silence and from failure', async () => {
  const noName = await serve((question) => answer(question, { flags: 3 }));
  await expect(queryDns([noName], host, 'A', LONG)).rejects.toMatchObject({ code: 'ENOTFOUND' });
  const failing = await serve((question) => answer(question, { flags: 2 }));
  await expect(queryDns([failing], host, 'A', LONG)).rejects.toMatchObject({ code: 'ESERVFAIL' });
  const silent = await serve(() => []);
  await expect(queryDns([silent], host, 'A', 30)).rejects.toMatchObject({ code: 'ETIMEOUT' });
});

test('hosts come by priority, then by weight', async () => {
  const record = (target: string, priority: number, weight: number) => ({
    type: 'SRV' as const,
    name: '_ldap._tcp.dc._msdcs.corp.example.com',
    data: { target, priority, weight, port: 389 },
  });
  const server = await serve((question) =>
    answer(question, {
      answers: [
        record('Last.corp.example.com', 10, 100),
        record('Rare.corp.example.com', 0, 0),
        record('often.corp.example.com.', 0, 100),
      ],
    }),
  );
  const settings = { dnsServers: [`${server.address}:${server.port}`] };
  const hosts = await locateHosts(settings, '_ldap._tcp.dc._msdcs.corp.example.com', {
    ...DEFAULT_TIMEOUTS,
    dns: LONG,
  });
  expect(hosts).toEqual(['often.corp.example.com', 'rare.corp.example.com', 'last.corp.example.com']);
});

test('a given address wins over DNS, and LDAPS is the port', async () => {
  const settings = { dnsServers: [], addresses: { [host]: '192.0.2.9' } };
  expect(await locateEndpoint(settings, host, DEFAULT_TIMEOUTS)).toEqual({
    host,
    addresses: ['192.0.2.9'],
    port: 636,
  });
});
