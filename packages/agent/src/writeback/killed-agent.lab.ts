import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  LabAdministrator,
  type LabPerson,
  labForests,
  openLabDirectory,
} from '@homeward/active-directory/testing/lab-forest';
import { sha256 } from '@homeward/protocol/bytes';
import { encodeOffer } from '@homeward/protocol/control';
import type { FrameType } from '@homeward/protocol/frame';
import { newId } from '@homeward/protocol/id';
import type { Outcome } from '@homeward/protocol/outcome';
import { pack, unpack } from '@homeward/protocol/package';
import { Password } from '@homeward/protocol/password';
import { verifyReply } from '@homeward/protocol/reply';
import { encodeRequest } from '@homeward/protocol/request';
import { importRecipient, seal } from '@homeward/protocol/seal';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KeyRing, loadKeys, makeKeys } from '../keys/key-store.ts';
import type { FromAgent, KilledAgentSettings } from './killed-agent.fixture.ts';

const MARKER = 'msDS-cloudExtensionAttribute15';
const PEOPLE = 6;
const [forest] = labForests();
if (!forest) throw new Error('the lab has no forest');

type Case = { person: LabPerson; anchor: string };
type Sent = Case & {
  requestId: string;
  frame: string;
  digest: Uint8Array;
  password: Password;
  version: number;
};

describe.each([
  { name: 'with the marker', marker: MARKER, rounds: 8, writeLimit: 2_500 },
  // Twice that is waited for what the controller had received: a bound, and no proof, so it must not be short.
  { name: 'without it', marker: false as const, rounds: 3, writeLimit: 5_000 },
])('an agent that is killed while it writes, $name', ({ marker, rounds, writeLimit }) => {
  const folder = mkdtempSync(join(tmpdir(), 'homeward-killed-'));
  const [tenantId, agentId] = [newId(), newId()];
  const cases: Case[] = [];
  let lab: LabAdministrator;
  let account: LabPerson;
  let keys: KeyRing;
  let identity: CryptoKey;
  let settings: KilledAgentSettings;
  const running = new Set<ChildProcess>();

  beforeAll(async () => {
    lab = await LabAdministrator.open(forest, 'Killed agent');
    account = await lab.person();
    const administrator = openLabDirectory(forest, forest.administrator);
    const own = openLabDirectory(forest, account);
    const rights = ['resetPassword', 'writeLockoutTime', 'writePwdLastSet', 'writeMarker'] as const;
    await administrator.applyRights(await own.planGrant(await own.rights({ ou: lab.ou }), rights));
    own.close();
    administrator.close();
    for (let index = 0; index < PEOPLE; index++) cases.push({ person: await lab.person(), anchor: newId() });
    await makeKeys(folder);
    keys = await loadKeys(folder);
    identity = await crypto.subtle.importKey('raw', keys.identity.publicKey, 'Ed25519', true, ['verify']);
    const { domain, dnsServer, caFile } = forest;
    const { userPrincipalName, password } = account;
    settings = {
      ...{ stateFolder: folder, tenantId, agentId, forest: 'S-1-5-21-1-2-3', marker, writeLimit },
      people: Object.fromEntries(cases.map(({ anchor, person }) => [anchor, person.objectGuid])),
      directory: {
        ...{ domain, dnsServers: [dnsServer], ca: readFileSync(caFile, 'utf8') },
        ...{ userPrincipalName, password },
      },
    };
  });
  afterAll(async () => {
    for (const agent of running) agent.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
    await lab?.close();
  });

  /** Starts an agent on the same state folder; `outcomes` gets what it answers, the first answer to each request. */
  async function startAgent(sent: () => readonly Sent[], outcomes: Map<string, Outcome>) {
    const agent = fork(new URL('killed-agent.fixture.ts', import.meta.url), { stdio: 'inherit' });
    running.add(agent);
    agent.once('exit', () => running.delete(agent));
    const [ready, began] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    agent.on('message', (message: FromAgent) => {
      if (message === 'ready') ready.resolve();
      else if ('frame' in message) void note(message.frame);
      else if (message.log.startsWith('reset started')) began.resolve();
    });
    const note = async (frame: string) => {
      const { header, body } = await unpack(Buffer.from(frame, 'base64'), tenantId, () => keys.package);
      const request = sent().find(({ requestId }) => requestId === header.requestId);
      if (header.type !== 'reply' || request === undefined) return;
      const binding = { tenantId, agentId, requestId: header.requestId };
      const reply = await verifyReply(body, { ...binding, sealedDigest: request.digest }, identity).catch(
        () => verifyReply(body, binding, identity),
      );
      if (!outcomes.has(header.requestId)) outcomes.set(header.requestId, reply.outcome);
    };
    agent.send(settings);
    await ready.promise;
    return { agent, began: began.promise };
  }

  async function frameOf(
    type: FrameType,
    requestId: string,
    body = new Uint8Array(0),
    expires = Date.now() + 60_000,
  ) {
    const packed = await pack(
      { header: { type, agentId, requestId, expires }, body },
      tenantId,
      keys.package,
    );
    return Buffer.from(packed).toString('base64');
  }

  async function order({ person, anchor }: Case): Promise<Sent> {
    const [requestId, issued] = [newId(), Date.now()];
    const expires = issued + 120_000;
    const password = Password.of(`Fresh-${crypto.randomUUID()}`);
    const bound = {
      tenantId,
      requestId,
      operation: 'reset' as const,
      flags: 2,
      cloudAnchor: anchor,
      issued,
      expires,
    };
    const inner = await seal({ next: password }, bound, [await importRecipient(keys.password.spki)]);
    const body = encodeRequest({ ...bound, actorId: anchor, inner });
    const frame = await frameOf('request', requestId, body, expires);
    const version = await versionOf(person);
    return { person, anchor, requestId, frame, digest: await sha256(inner), password, version };
  }

  const versionOf = async ({ dn }: LabPerson) => Number(await lab.read(dn, 'msDS-KeyVersionNumber'));

  test('never says what the directory does not hold, and never writes twice', {
    timeout: 170_000,
  }, async () => {
    const directory = openLabDirectory(forest, account);
    lab.afterwards(async () => directory.close());
    const counts: Record<string, number> = {};
    for (let round = 0; round < rounds; round++) {
      const sent: Sent[] = [];
      const outcomes = new Map<string, Outcome>();
      const { agent, began } = await startAgent(() => sent, outcomes);
      for (const each of cases) sent.push(await order(each));
      // Half of them are offered first, so that their intents come by the shorter way.
      for (const { requestId, anchor } of sent.slice(PEOPLE / 2))
        agent.send(
          await frameOf(
            'offer',
            requestId,
            encodeOffer({ number: 1, operation: 'reset', flags: 2, cloudAnchor: anchor, isLast: false }),
          ),
        );
      await delay(round % 2 === 0 ? 150 : 0);
      for (const { frame } of sent) agent.send(frame);
      // In the first round before anything was begun, perhaps; then from the first write on.
      if (round > 0) await began;
      await delay((round * 97) % 400);
      agent.kill('SIGKILL');
      await once(agent, 'exit');

      const { agent: second } = await startAgent(() => sent, outcomes);
      const open = () => sent.filter(({ requestId }) => !outcomes.has(requestId));
      for (const { requestId } of open()) second.send(await frameOf('whatOf', requestId));
      await expect.poll(() => open().length, { timeout: 60_000, interval: 100 }).toBe(0);
      // The same bytes again: whatever became of them, they change nothing.
      for (const { frame } of sent) second.send(frame);
      await delay(300);
      for (const one of sent) {
        const kind = outcomes.get(one.requestId)?.kind ?? 'none';
        const moved = (await versionOf(one.person)) - one.version;
        counts[`${kind} ${moved}`] = (counts[`${kind} ${moved}`] ?? 0) + 1;
        const isSet = (await directory.tryPassword(one.person, one.password)) === 'accepted';
        expect([round, kind, isSet, moved]).toEqual([round, kind, kind !== 'notStarted', isSet ? 1 : 0]);
        if (kind === 'unknown') expect(marker).toBe(false);
        else expect(['applied', 'notStarted']).toContain(kind);
      }
      second.kill('SIGKILL');
      await once(second, 'exit');
    }
    process.stdout.write(`killed agent, marker ${marker}: ${JSON.stringify(counts)}\n`);
    expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(rounds * PEOPLE);
  });
});
