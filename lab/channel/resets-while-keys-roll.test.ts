import { once } from 'node:events';
import { mkdtempDisposableSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Directory } from '@homeward/active-directory';
import { FRAME_TYPES } from '@homeward/protocol/frame';
import { newId } from '@homeward/protocol/id';
import { unpack } from '@homeward/protocol/package';
import { Password } from '@homeward/protocol/password';
import { Secret } from '@homeward/protocol/secret';
import { expect, test } from 'vitest';
import { enrol } from '../../packages/agent/src/enrol/enrolment.ts';
import { loadKeys } from '../../packages/agent/src/keys/key-store.ts';
import { openLinks } from '../../packages/agent/src/link/open-links.ts';
import { KeyRollover } from '../../packages/agent/src/rollover/key-rollover.ts';
import { requestRollover } from '../../packages/agent/src/rollover/rollover-files.ts';
import { openJournal } from '../../packages/agent/src/writeback/journal.ts';
import { openWriteback } from '../../packages/agent/src/writeback/writeback.ts';
import { openAgents } from '../../packages/cloud/src/agents/agents.ts';
import { openTestDatabase } from '../../packages/cloud/src/store/test-database.ts';

const REQUESTS = 200;
const AT_ONCE = 10;
const ROLL_BEFORE = new Set([20, 80, 140]);
const forest = { sid: 'S-1-5-21-10-20-30', domain: 'corp.example.com', netbiosName: 'CORP' };
const tenant = { id: newId(), name: 'Example Corporation' };
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

test('200 resets flow through relay and agent while keys roll over three times, and none fails', async () => {
  await using opened = new AsyncDisposableStack();
  const { database, asynchronousCommit, flushed, secrets } = opened.use(await openTestDatabase());
  const { path: stateFolder } = opened.use(mkdtempDisposableSync(join(tmpdir(), 'homeward-rolling-')));
  let shift = 0;
  const now = () => Date.now() + shift;

  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.defer(async () => {
    server.close();
    await once(server, 'close');
  });
  const cloudUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const agents = await openAgents({
    ...{ database, asynchronousCommit, flushed, secrets, tenant },
    ...{ publicUrl: cloudUrl, clock: now, log, patience: 60_000, claimWithin: 60_000, answerWithin: 60_000 },
  });
  opened.defer(() => agents.stop());
  server.on('upgrade', agents.upgrade);
  server.on('request', async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const path = (request.url ?? '').replace(/^\/agents/, '');
    const headers = { 'content-type': request.headers['content-type'] ?? '' };
    const answer = await agents.routes.request(path, {
      method: 'POST',
      headers,
      body: Buffer.concat(chunks),
    });
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(Buffer.from(await answer.arrayBuffer()));
  });

  const asked = await agents.control.request('/enrolment-tokens', { method: 'POST' });
  const { token } = (await asked.json()) as { token: string };
  const { enrolment } = await enrol(
    { cloudUrl, token: new Secret(token), name: 'dc-agent-1', stateFolder, forests: [forest] },
    fetch,
  );
  const clock = { now, monotonic: () => performance.now() };
  const keys = await loadKeys(stateFolder);
  const journal = openJournal(stateFolder, now);
  opened.defer(() => journal.close());
  const written = new Map<string, string>();
  const directory = directoryThatWrites(written);
  const writeback = openWriteback({
    ...{ tenantId: tenant.id, agentId: enrolment.agentId, version: '0.1.0', keys, journal, clock, log },
    locate: (cloudAnchor) => ({ kind: 'found', forest: forest.sid, objectGuid: cloudAnchor }),
    forests: new Map([[forest.sid, { directory, requirePolicyHints: false }]]),
    directoryOf: () => directory,
    countPeople: () => REQUESTS,
    send: (frame) => links.send(frame),
  });
  const captured: Uint8Array[] = [];
  const links = openLinks({
    ...{ enrolment, keys, fetch, clock, log, random: Math.random },
    config: { stateFolder, pingEverySeconds: 45 },
    serve(frame) {
      if (frame[1] === FRAME_TYPES.request) captured.push(frame);
      return writeback.serve(frame);
    },
    onReady: () => writeback.onReady(),
  });
  opened.defer(() => {
    writeback.stop();
    links.stop();
  });
  writeback.start();
  links.start();
  await expect.poll(() => links.state, { timeout: 60_000 }).not.toBe('none');

  const deps = { stateFolder, enrolment, keys, fetch, clock, log };
  const rollover = new KeyRollover({ ...deps, lifetime: 180 * 86_400_000 });
  const outcomes = new Map<string, number>();
  const typed = new Map<string, string>();
  let next = 0;
  let rolled = Promise.resolve();
  const lane = async () => {
    while (next < REQUESTS) {
      const number = next++;
      if (!ROLL_BEFORE.has(number)) {
        await order(number);
        continue;
      }
      // This lane's own request is the first under the new keys; the others do not wait for them. One roll after the
      // other: keys that are asked for while others are being made are those.
      rolled = rolled.then(async () => {
        requestRollover(stateFolder, now());
        await rollover.advance();
        await order(number);
      });
      await rolled;
    }
  };
  const order = async (number: number) => {
    const personId = newId();
    const password = `Correct horse ${number} battery`;
    typed.set(personId, password);
    await addPerson(personId);
    const about = { operation: 'reset' as const, flowId: newId(), personId, actorId: personId };
    const { outcome } = await agents.writeback.order({
      ...about,
      password: Password.of(password),
      deadline: now() + 60_000,
    });
    outcomes.set(outcome.kind, (outcomes.get(outcome.kind) ?? 0) + 1);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  expect(Object.fromEntries(outcomes)).toEqual({ applied: REQUESTS });
  expect(written).toEqual(typed);
  expect(keys.current.number).toBe(4);
  const used = new Set(captured.map((frame) => Buffer.from(frame.subarray(44, 52)).toString('hex')));
  expect(used.size).toBe(4);

  shift += 7 * 60_000;
  await rollover.advance();
  const left = await loadKeys(stateFolder);
  expect(left.all.map(({ number }) => number)).toEqual([4]);
  expect(await database.selectFrom('agentKey').selectAll().execute()).toEqual([]);
  const [first = new Uint8Array()] = captured;
  for (const { package: packageKey } of left.all)
    await expect(unpack(first, tenant.id, () => packageKey)).rejects.toMatchObject({
      code: 'ERR_PACKAGE_OPEN',
    });
  expect(readFileSync(join(stateFolder, 'keys/4/password.pem'), 'utf8')).toContain('PRIVATE KEY');

  async function addPerson(id: string): Promise<void> {
    await database
      .insertInto('person')
      .values({
        ...{
          id,
          tenantId: tenant.id,
          forest: forest.sid,
          externalId: id,
          userName: `${id}@corp.example.com`,
        },
        ...{ active: 1, createdAt: now(), updatedAt: now() },
      } as never)
      .execute();
  }
});

/** Takes every password, after a moment as a controller does. */
function directoryThatWrites(written: Map<string, string>): Directory {
  const answers: Partial<Directory> = {
    async resetPassword({ objectGuid }, password, { onBeforeWrite }) {
      await onBeforeWrite?.({ controller: 'dc1.corp.example.com', versionBefore: 1 });
      await new Promise((resolve) => setTimeout(resolve, 10));
      written.set(objectGuid, password.reveal());
      return { kind: 'applied', evidence: { kind: 'answer', versionBefore: 1, versionAfter: 2 } };
    },
    prepare: async () => ({ kind: 'notFound' }),
    probe: async () => ({ reachable: false, outcome: { kind: 'directoryUnreachable' } }),
  };
  return answers as Directory;
}
