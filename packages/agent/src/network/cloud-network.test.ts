import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { inspect } from 'node:util';
import { Secret } from '@homeward/protocol/secret';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { cloudNetwork } from './cloud-network.ts';
import { connectProxy } from './connect-proxy.fixture.ts';
import { openTunnel } from './proxy-tunnel.ts';

const NAME = 'reset.example.com';
const credentials = { userName: 'agent', password: new Secret('Pa:ss wörd') };
const plainCredentials = { userName: 'agent', password: 'Pa:ss wörd' };

let folder: string;
let pair: { key: string; cert: string };
const trusted = getCACertificates('default');
const servers: Server[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'homeward-network-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...['-keyout', key, '-out', cert, '-subj', `/CN=${NAME}`, '-addext', `subjectAltName=DNS:${NAME}`],
    ],
    { stdio: 'ignore' },
  );
  pair = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  setDefaultCACertificates([...trusted, pair.cert]);
});
afterAll(() => {
  setDefaultCACertificates(trusted);
  rmSync(folder, { recursive: true });
});
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** A cloud that says over HTTP and WebSocket what it heard. */
async function cloud(isSecure: boolean) {
  const server = isSecure ? createSecureServer(pair) : createServer();
  servers.push(server);
  server.on('request', async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    response.end(`${request.method} ${Buffer.concat(chunks)} ${request.headers['proxy-authorization']}`);
  });
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(`heard ${data}`)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

function converse(url: string, network: ReturnType<typeof cloudNetwork>): Promise<string> {
  const agent = network.socketAgent(url);
  const socket = new WebSocket(url, agent && { agent });
  return new Promise<string>((resolve, reject) => {
    socket.on('open', () => socket.send('hello'));
    socket.on('message', (data) => resolve(String(data)));
    socket.on('error', reject);
  }).finally(() => socket.terminate());
}

test.each([
  ['with', credentials],
  ['without', undefined],
])(
  'fetch and WebSocket go through a proxy, %s credentials, to a cloud whose name only the proxy knows',
  async (_, given) => {
    const there = await cloud(true);
    await using proxy = await connectProxy({
      leadsTo: there,
      ...(given && { credentials: plainCredentials }),
    });
    const network = cloudNetwork({ url: proxy.url, ...(given && { credentials: given }) });
    const answer = await network.fetch(`https://${NAME}/x`, {
      method: 'POST',
      body: new URLSearchParams({ a: 'b' }),
    });
    expect(await answer.text(), 'the proxy’s credentials stay at the proxy').toBe('POST a=b undefined');
    expect(await converse(`wss://${NAME}/relay`, network)).toBe('heard hello');
    expect(new Set(proxy.asked)).toEqual(new Set([`${NAME}:443`]));
  },
);

test('plain http on this machine goes through as well, and a certificate is still verified', async () => {
  const there = await cloud(false);
  await using proxy = await connectProxy();
  const network = cloudNetwork({ url: proxy.url });
  expect(await converse(`ws://127.0.0.1:${there.port}/`, network)).toBe('heard hello');
  expect((await network.fetch(`http://127.0.0.1:${there.port}/`)).status).toBe(200);
  const secure = await cloud(true);
  await using wrong = await connectProxy({ leadsTo: secure });
  const misled = cloudNetwork({ url: wrong.url });
  await expect(converse('wss://other.example.com/', misled)).rejects.toMatchObject({
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
  });
});

test('a proxy that refuses is named with what it wants, and no password is in the error', async () => {
  await using asking = await connectProxy({ credentials: plainCredentials });
  const fails = async (network: ReturnType<typeof cloudNetwork>) => {
    const [byFetch, bySocket] = await Promise.all([
      network.fetch(`https://${NAME}/`).catch((error: Error) => error.cause),
      converse(`wss://${NAME}/`, network).catch((error: Error) => error),
    ]);
    expect((bySocket as Error).message).toBe((byFetch as Error).message);
    return bySocket;
  };
  const without = await fails(cloudNetwork({ url: asking.url }));
  expect(without).toMatchObject({ code: 'ERR_PROXY_CREDENTIALS' });
  expect(String(without)).toContain('asks for a user name and a password (HTTP 407)');
  const password = new Secret('not-the-password');
  const wrong = await fails(cloudNetwork({ url: asking.url, credentials: { userName: 'agent', password } }));
  expect(String(wrong)).toContain('does not take agent with its password');
  expect(inspect(wrong, { depth: 9 })).not.toContain('not-the-password');
  await using strict = await connectProxy({ answerTo: () => 403 });
  const refused = await fails(cloudNetwork({ url: strict.url }));
  expect(refused).toMatchObject({ code: 'ERR_PROXY_REFUSED' });
  expect(String(refused)).toContain(`does not connect to ${NAME}:443 (HTTP 403)`);
});

test('a proxy that is not there, and one that says nothing, are unreachable', async () => {
  const target = { host: NAME, port: 443 };
  await expect(openTunnel({ url: 'http://127.0.0.1:1' }, target)).rejects.toMatchObject({
    code: 'ERR_PROXY_UNREACHABLE',
    message: expect.stringContaining('(ECONNREFUSED)'),
  });
  const silent = createServer();
  silent.on('connect', (_, socket) => socket.on('end', () => socket.destroy()).resume());
  servers.push(silent);
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  await expect(openTunnel({ url }, target, 50)).rejects.toMatchObject({
    code: 'ERR_PROXY_UNREACHABLE',
    message: expect.stringContaining('(ETIMEDOUT)'),
  });
});
