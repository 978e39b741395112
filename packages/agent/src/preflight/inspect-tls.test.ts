import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { inspectTls } from './inspect-tls.ts';

/** ms; met by nobody who answers */
const LIMIT = 15_000;

let folder: string;
const servers: Server[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'homeward-tls-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});

/** A self-signed certificate, which is its own authority. */
function certificate(name: string, days: number) {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
      ...['-keyout', key, '-out', cert, '-days', String(days), '-subj', `/CN=${name}`],
      ...['-addext', `subjectAltName=DNS:${name}`],
    ],
    { stdio: 'ignore' },
  );
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
}

async function listen(server: Server) {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const at = (port: number, host = 'dc1.example.com') => ({ host, addresses: ['127.0.0.1'], port });

test('a trusted certificate tells until when it is valid', async () => {
  const pair = certificate('dc1.example.com', 20);
  const port = await listen(createTlsServer(pair));
  const facts = await inspectTls(at(port), pair.cert, LIMIT);
  expect(Math.round(((facts.refusal === undefined ? facts.validTo : 0) - Date.now()) / 86_400_000)).toBe(20);
});

test('an authority that is not trusted, and a wrong name, are told by their codes', async () => {
  const pair = certificate('dc2.example.com', 20);
  const port = await listen(createTlsServer(pair));
  const other = certificate('other.example.com', 20);
  expect(await inspectTls(at(port, 'dc2.example.com'), other.cert, LIMIT)).toEqual({
    refusal: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  });
  expect(await inspectTls(at(port), pair.cert, LIMIT)).toEqual({
    refusal: 'ERR_TLS_CERT_ALTNAME_INVALID',
    names: 'DNS:dc2.example.com',
  });
});

test('a port where nobody listens, a server that hangs and one that hangs up are faults of the network', async () => {
  await expect(inspectTls(at(1), undefined, LIMIT)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  const hung = await listen(createServer((socket) => socket.on('error', () => {}).resume()));
  await expect(inspectTls(at(hung), undefined, 50)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  const short = await listen(createServer((socket) => socket.destroy()));
  await expect(inspectTls(at(short), undefined, LIMIT)).rejects.toMatchObject({ code: 'ECONNRESET' });
});
