/** A cloud as it ships, in a process of its own, with one agent enrolled: what is fuzzed over its real port. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildCloud } from '@homeward/cloud/build';
import { randomBytes, toBase64url, toHex } from '@homeward/protocol/bytes';
import { type EnrolmentAnswer, type EnrolmentRequest, signEnrolment } from '@homeward/protocol/enrolment';
import { SignJWT } from 'jose';
import { freePort } from '../../lab/network/free-port.ts';
import { REPORTS_HEAP, usedHeapMB } from './asked-heap.ts';

const RSA = {
  name: 'RSA-OAEP',
  hash: 'SHA-256',
  modulusLength: 2_048,
  publicExponent: Uint8Array.of(1, 0, 1),
};
const run = promisify(execFile);
const STARTED_WITHIN_MS = 120_000;

export type FuzzedAgent = EnrolmentAnswer & { identity: CryptoKeyPair; enrolment: EnrolmentRequest };

export type FuzzedCloud = {
  url: string;
  agent: FuzzedAgent;
  /** a credential of the agent, good for fifteen minutes */
  credential: (scope: 'relay' | 'scim') => Promise<string>;
  newToken: () => Promise<string>;
  heapMB: () => Promise<number>;
  /** how it ended, if it did */
  ended: () => string | undefined;
  stop: () => Promise<void>;
};

export async function startFuzzedCloud(): Promise<FuzzedCloud> {
  const folder = mkdtempSync(join(tmpdir(), 'homeward-fuzz-'));
  // Not where others build it: a test that starts it at this moment would find half a file.
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const main = await buildCloud(join(folder, 'dist')).catch((error: unknown) => {
    remove();
    throw error;
  });
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const file = join(folder, 'cloud.json');
  const configuration = {
    ...{
      listen: { host: '127.0.0.1', port },
      publicUrl: url,
      dataFolder: 'data',
      masterKeyFile: 'master.key',
    },
    tenant: { name: 'Example Corporation' },
    mail: { host: '127.0.0.1', port: 9, from: 'reset@example.com' },
    logLevel: 'fatal',
  };
  writeFileSync(file, JSON.stringify(configuration));
  const child = spawn(process.execPath, [...REPORTS_HEAP, main, 'serve', '--config', file], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  const ended = () => {
    const how = child.signalCode ?? child.exitCode;
    return how === null ? undefined : `the cloud ended (${how}): ${printed.slice(-2_000)}`;
  };
  const stop = async () => {
    await end(child);
    remove();
  };
  try {
    await untilHealthy(url, ended);
    const newToken = async () =>
      (await run(process.execPath, [main, 'token', 'create', '--config', file])).stdout.trim();
    const agent = await enrol(url, await newToken());
    return {
      ...{ url, agent, newToken, ended, stop },
      credential: (scope) => credentialOf(url, agent, scope),
      heapMB: () => usedHeapMB(child),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function untilHealthy(url: string, ended: () => string | undefined): Promise<void> {
  for (const end = performance.now() + STARTED_WITHIN_MS; performance.now() < end; ) {
    const how = ended();
    if (how !== undefined) throw new Error(how);
    if (
      await fetch(`${url}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error('the cloud does not answer');
}

async function enrol(url: string, token: string): Promise<FuzzedAgent> {
  const identity = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
  const password = await crypto.subtle.generateKey(RSA, true, ['encrypt', 'decrypt']);
  const identityKey = new Uint8Array(await crypto.subtle.exportKey('raw', identity.publicKey));
  const passwordKey = new Uint8Array(await crypto.subtle.exportKey('spki', password.publicKey));
  const packageKey = { id: toHex(randomBytes(8)), key: toBase64url(randomBytes(32)) };
  const proof = await signEnrolment({ token, packageKey, identityKey, passwordKey }, identity.privateKey);
  const enrolment: EnrolmentRequest = {
    ...{ token, name: 'fuzzed', packageKey, proof: toBase64url(proof) },
    forests: [{ sid: 'S-1-5-21-10-20-30', domain: 'corp.example.com', netbiosName: 'CORP' }],
    ...{ identityKey: toBase64url(identityKey), passwordKey: toBase64url(passwordKey) },
  };
  const response = await fetch(`${url}/agents/enrol`, { method: 'POST', ...json(enrolment) });
  if (response.status !== 201)
    throw new Error(`enrolment ended with ${response.status}: ${await response.text()}`);
  return { ...((await response.json()) as EnrolmentAnswer), identity, enrolment };
}

/** RFC 7523 section 2.2 */
export async function assertionOf(agent: FuzzedAgent): Promise<string> {
  return new SignJWT({ jti: crypto.randomUUID() })
    .setProtectedHeader({ alg: 'EdDSA' })
    .setIssuer(agent.agentId)
    .setSubject(agent.agentId)
    .setAudience(agent.issuer)
    .setIssuedAt()
    .setExpirationTime('60s')
    .sign(agent.identity.privateKey);
}

async function credentialOf(url: string, agent: FuzzedAgent, scope: string): Promise<string> {
  const assertion = { client_assertion: await assertionOf(agent), scope };
  const type = { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' };
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...type, ...assertion });
  const response = await fetch(`${url}/agents/token`, { method: 'POST', body });
  const answer = (await response.json()) as { access_token?: string };
  if (answer.access_token === undefined) throw new Error(`no credential: ${JSON.stringify(answer)}`);
  return answer.access_token;
}

export function json(value: unknown): { headers: Record<string, string>; body: string } {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
