import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import { type Answer, decode, encode, type Packet, RECURSION_DESIRED } from 'dns-packet';

/**
 * One DNS question to the forest's own servers (RFC 1035), by UDP and, where the answer was cut, by TCP.
 * Not Node's resolver: its c-ares refuses the compressed SRV targets that Samba sends.
 */
export type DnsServer = { address: string; port: number };
export type DnsType = 'SRV' | 'A' | 'AAAA';

/** Codes as Node's own resolver has them, so that a failure is classified alike. */
export class DnsError extends Error {
  readonly code: 'ENOTFOUND' | 'ESERVFAIL' | 'ETIMEOUT';

  constructor(code: DnsError['code'], name: string) {
    super(`DNS has no answer for ${name} (${code}).`);
    this.name = 'DnsError';
    this.code = code;
  }
}

const TRUNCATED = 1 << 9;
const RCODE_NAME_ERROR = 3;

/**
 * Records of answer and additional section from the first server that answers. `limit` in milliseconds per try.
 * @throws {DnsError}
 */
export async function queryDns(
  servers: readonly DnsServer[],
  name: string,
  type: DnsType,
  limit: number,
): Promise<{ answers: Answer[]; additionals: Answer[] }> {
  let failure = new DnsError('ETIMEOUT', name);
  for (let attempt = 0; attempt < 2; attempt++)
    for (const server of servers)
      try {
        return await askServer(server, name, type, limit);
      } catch (error) {
        if (!(error instanceof DnsError)) continue;
        if (error.code === 'ENOTFOUND') throw error;
        failure = error;
      }
  throw failure;
}

async function askServer(server: DnsServer, name: string, type: DnsType, limit: number) {
  const id = randomInt(65_536);
  const question = encode({
    type: 'query',
    id,
    flags: RECURSION_DESIRED,
    questions: [{ type, name, class: 'IN' }],
  });
  const matches = (packet: Packet) =>
    packet.id === id &&
    packet.type === 'response' &&
    packet.questions?.[0]?.type === type &&
    packet.questions[0].name.toLowerCase() === name.toLowerCase();
  let packet = await overUdp(server, question, matches, name, limit);
  if (((packet.flags ?? 0) & TRUNCATED) !== 0) packet = await overTcp(server, question, matches, name, limit);
  const rcode = (packet.flags ?? 0) & 0xf;
  if (rcode === RCODE_NAME_ERROR) throw new DnsError('ENOTFOUND', name);
  if (rcode !== 0) throw new DnsError('ESERVFAIL', name);
  return { answers: packet.answers ?? [], additionals: packet.additionals ?? [] };
}

/** The socket is connected, so the kernel drops what comes from anybody else; other ids are ignored, not trusted. */
function overUdp(
  server: DnsServer,
  question: Buffer,
  matches: (packet: Packet) => boolean,
  name: string,
  limit: number,
): Promise<Packet> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(server.address) ? 'udp6' : 'udp4');
    const timer = setTimeout(() => finish(() => reject(new DnsError('ETIMEOUT', name))), limit);
    const finish = (then: () => void) => {
      clearTimeout(timer);
      socket.removeAllListeners();
      socket.on('error', () => {});
      socket.close();
      then();
    };
    socket.on('error', () => finish(() => reject(new DnsError('ESERVFAIL', name))));
    socket.on('message', (message) => {
      const packet = decodeQuietly(message);
      if (packet && matches(packet)) finish(() => resolve(packet));
    });
    socket.connect(server.port, server.address, () => socket.send(question));
  });
}

/** Over TCP each message has its length in front, two bytes (RFC 1035 section 4.2.2). */
function overTcp(
  server: DnsServer,
  question: Buffer,
  matches: (packet: Packet) => boolean,
  name: string,
  limit: number,
): Promise<Packet> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, server.address);
    let received = Buffer.alloc(0);
    const fail = (code: DnsError['code']) => {
      clearTimeout(timer);
      socket.destroy();
      reject(new DnsError(code, name));
    };
    const timer = setTimeout(() => fail('ETIMEOUT'), limit);
    socket.on('error', () => fail('ESERVFAIL'));
    socket.on('close', () => fail('ESERVFAIL'));
    socket.on('data', (data) => {
      received = Buffer.concat([received, data]);
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
      const packet = decodeQuietly(received.subarray(2, 2 + received.readUInt16BE(0)));
      if (!packet || !matches(packet)) return fail('ESERVFAIL');
      clearTimeout(timer);
      socket.removeAllListeners('close');
      socket.destroy();
      resolve(packet);
    });
    const length = Buffer.alloc(2);
    length.writeUInt16BE(question.length);
    socket.write(Buffer.concat([length, question]));
  });
}

function decodeQuietly(message: Buffer): Packet | undefined {
  try {
    return decode(message);
  } catch {
    return undefined;
  }
}
