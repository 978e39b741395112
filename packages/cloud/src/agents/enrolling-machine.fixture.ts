/** The agents' side of a cloud on a real port, and machines that ask it to be agents, for tests. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomBytes, toBase64url, toHex } from '@homeward/protocol/bytes';
import {
  type DeviceAuthorization,
  type DeviceEnrolmentRequest,
  type EnrolledForest,
  identityFingerprint,
  signEnrolment,
} from '@homeward/protocol/enrolment';
import { newId } from '@homeward/protocol/id';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { SignJWT } from 'jose';
import { openTestDatabase } from '../store/test-database.ts';
import { type Agents, type AgentsDeps, openAgents } from './agents.ts';

export const CORP = { sid: 'S-1-5-21-10-20-30', domain: 'corp.example.com', netbiosName: 'CORP' };
export const NORTH = { sid: 'S-1-5-21-40-50-60', domain: 'north.example.com', netbiosName: 'NORTH' };

export type Asked = { status: number; body: Record<string, unknown> };

export async function startAgentsSide(options: Partial<AgentsDeps> = {}) {
  const store = await openTestDatabase();
  const { database, secrets, asynchronousCommit, flushed } = store;
  const clock = { now: Date.now() };
  const tenant = { id: newId(), name: 'Example Corporation' };
  const app = new Hono();
  const server: Server = createServer(getRequestListener((request) => app.fetch(request)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const logged: string[] = [];
  const write = (fields: object, message: string) => void logged.push(JSON.stringify(fields) + message);
  const agents: Agents = await openAgents({
    ...{ database, asynchronousCommit, flushed, secrets, tenant },
    ...{ publicUrl: url, patience: 400, clock: () => clock.now },
    log: { info: write, warn: write },
    ...options,
  });
  app.route('/agents', agents.routes);
  server.on('upgrade', (request: IncomingMessage, socket, head) => agents.upgrade(request, socket, head));
  return {
    ...{ app, url, agents, database, asynchronousCommit, flushed, secrets, tenant, clock, logged },
    /** an administrator who has a mail address */
    async addAdministrator(userName: string, mail: string | null = `${userName}@example.com`) {
      const id = newId();
      const sealed = { passwordSealed: '', totpSeedSealed: '', totpLastStep: 0 };
      const times = { createdAt: clock.now, lastSignedInAt: null, disabledAt: null };
      await database
        .insertInto('administrator')
        .values({ id, tenantId: tenant.id, userName, mail, ...sealed, ...times })
        .execute();
      return id;
    },
    async newToken(): Promise<string> {
      const response = await agents.control.request('/enrolment-tokens', { method: 'POST' });
      return ((await response.json()) as { token: string }).token;
    },
    async [Symbol.asyncDispose]() {
      await agents.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await store[Symbol.asyncDispose]();
    },
  };
}

export type AgentsSide = Awaited<ReturnType<typeof startAgentsSide>>;

/** What a machine needs to know of the cloud that it enrols at. */
export type EnrolsAt = Pick<AgentsSide, 'url' | 'clock' | 'newToken'> & { issuer?: string };

/** A machine with keys of its own. */
export async function newMachine(side: EnrolsAt, name: string, forests: EnrolledForest[] = [CORP]) {
  const { url, clock, issuer = url } = side;
  const password = await crypto.subtle.generateKey(
    { name: 'RSA-OAEP', hash: 'SHA-256', modulusLength: 2_048, publicExponent: Uint8Array.of(1, 0, 1) },
    true,
    ['encrypt', 'decrypt'],
  );
  const identity = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
  const identityKey = new Uint8Array(await crypto.subtle.exportKey('raw', identity.publicKey));
  const passwordKey = new Uint8Array(await crypto.subtle.exportKey('spki', password.publicKey));
  const packageKey = { id: toHex(randomBytes(8)), key: toBase64url(randomBytes(32)) };
  const fingerprint = await identityFingerprint(identityKey);

  const requestWith = async (token?: string): Promise<DeviceEnrolmentRequest & { token?: string }> => {
    const proven = { identityKey, passwordKey, packageKey, ...(token !== undefined && { token }) };
    return {
      ...(token !== undefined && { token }),
      ...{ name, forests, packageKey },
      identityKey: toBase64url(identityKey),
      passwordKey: toBase64url(passwordKey),
      proof: toBase64url(await signEnrolment(proven, identity.privateKey)),
    };
  };
  const assertion = (subject: string, audience: string, claims: Record<string, unknown> = {}) => {
    const seconds = Math.floor(clock.now / 1_000);
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'EdDSA' })
      .setIssuer(subject)
      .setSubject(subject)
      .setAudience(audience)
      .setJti(newId())
      .setIssuedAt(seconds)
      .setExpirationTime(seconds + 60)
      .sign(identity.privateKey);
  };
  const asForm = (path: string, fields: Record<string, string>) =>
    ask(`${url}${path}`, { method: 'POST', body: new URLSearchParams(fields) });
  const asJson = (path: string, body: object) => {
    const headers = { 'content-type': 'application/json' };
    return ask(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  };

  return {
    ...{
      name,
      fingerprint,
      identityKey: toBase64url(identityKey),
      identity,
      packageKey,
      requestWith,
      assertion,
      asJson,
    },
    async enrolByToken(): Promise<Asked> {
      return asJson('/agents/enrol', await requestWith(await side.newToken()));
    },
    async askForCode(): Promise<DeviceAuthorization> {
      return (await asJson('/agents/device', await requestWith())).body as DeviceAuthorization;
    },
    async poll(device_code: string, subject = fingerprint): Promise<Asked> {
      const client_assertion = await assertion(subject, `${issuer}/agents/device/token`);
      return asForm('/agents/device/token', { device_code, client_assertion });
    },
    async credential(agentId: string, scope = 'relay'): Promise<Asked> {
      return asForm('/agents/token', { client_assertion: await assertion(agentId, issuer), scope });
    },
    /** waiting, admit, disable */
    async say(agentId: string, verb: string, claims: Record<string, unknown> = {}): Promise<Asked> {
      const client_assertion = await assertion(agentId, `${issuer}/agents/${verb}`, claims);
      return asForm(`/agents/${verb}`, { client_assertion });
    },
  };
}

export type Machine = Awaited<ReturnType<typeof newMachine>>;

async function ask(url: string, options: RequestInit): Promise<Asked> {
  const response = await fetch(url, options);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** The agent's id in an answer to an enrolment. */
export const idIn = ({ body }: Asked) => String(body['agentId']);

/** A machine that has enrolled by a token, and what the cloud made of it. */
export async function enrolledMachine(...[side, name, forests]: Parameters<typeof newMachine>) {
  const machine = await newMachine(side, name, forests);
  const answer = await machine.enrolByToken();
  return { machine, id: idIn(answer), status: answer.body['status'] };
}
