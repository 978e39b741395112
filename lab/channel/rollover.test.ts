import { cpSync, mkdtempDisposableSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId } from '@homeward/protocol/id';
import { open } from '@homeward/protocol/open';
import { unpack } from '@homeward/protocol/package';
import { expect, test } from 'vitest';
import { loadKeys, readPackageKey } from '../../packages/agent/src/keys/key-store.ts';
import { requestRollover, rolloverRequestedAt } from '../../packages/agent/src/rollover/rollover-files.ts';
import { askRecipients } from '../../packages/agent/src/rollover/state-keys.ts';
import { AgentRegistry } from '../../packages/cloud/src/agents/agent-registry.ts';
import { agentId, capture, exchange, Killed, openRollover, tenantId } from './rollover.fixture.ts';

const MINUTE = 60_000;
const numbers = (generations: readonly { number: number }[] = []) => generations.map(({ number }) => number);

test('keys that are old enough are replaced, and the old ones go when nothing can name them', async () => {
  await using given = await openRollover();
  const { clock, registry, stateFolder } = given;
  const { keys, rollover } = await given.startAgent();
  await rollover.advance();
  expect(numbers(keys.all)).toEqual([1]);
  clock.at += 180 * 86_400_000;
  await rollover.advance();
  expect(keys.current.number).toBe(2);
  expect(numbers(registry.get(agentId)?.generations)).toEqual([2, 1]);
  expect(await exchange(registry, keys)).toBe(true);
  clock.at += 5 * MINUTE;
  await rollover.advance();
  expect(numbers(keys.all)).toEqual([1, 2]);
  clock.at += 2 * MINUTE;
  await rollover.advance();
  expect(numbers(keys.all)).toEqual([2]);
  expect(numbers(registry.get(agentId)?.generations)).toEqual([2]);
  expect(readdirSync(join(stateFolder, 'keys'))).toEqual(['2', 'rollover.json']);
  expect(await exchange(registry, keys)).toBe(true);
});

test('a request on demand rolls once, however often the agent starts', async () => {
  await using given = await openRollover();
  given.clock.at += 1_000;
  requestRollover(given.stateFolder, given.clock.at);
  const first = await given.startAgent();
  await first.rollover.advance();
  expect(first.keys.current.number).toBe(2);
  expect(rolloverRequestedAt(given.stateFolder)).toBeUndefined();
  requestRollover(given.stateFolder, given.clock.at - 1);
  const again = await given.startAgent();
  await again.rollover.advance();
  expect(again.keys.newest.number).toBe(2);
});

/** 1 KEYS, 2 READY, 3 READY again when the old may go, 4 RETIRED */
const CRASHES = [1, 2, 3, 4].flatMap((statement) =>
  (['before', 'after'] as const).map((when) => ({ statement, when })),
);

test.each(CRASHES)(
  'killed $when statement $statement, the next start goes on and no request is lost',
  async ({ statement, when }) => {
    await using given = await openRollover();
    const { clock, registry, wire, stateFolder } = given;
    requestRollover(stateFolder, clock.at + 1);
    wire.kill = (at, number) => {
      if (number === statement && at === when) throw new Killed();
    };
    let deaths = 0;
    let { keys, rollover } = await given.startAgent();
    for (let round = 0; round < 6; round++) {
      try {
        await rollover.advance();
      } catch (error) {
        expect((error as Error).cause).toBeInstanceOf(Killed);
        deaths += 1;
        ({ keys, rollover } = await given.startAgent());
      }
      expect(await exchange(registry, keys), `round ${round}`).toBe(true);
      clock.at += 4 * MINUTE;
    }
    expect(deaths).toBe(1);
    expect(numbers(keys.all)).toEqual([2]);
    expect(numbers(registry.get(agentId)?.generations)).toEqual([2]);
    expect(numbers((await loadKeys(stateFolder)).all)).toEqual([2]);
  },
);

test('what was captured before cannot be opened with all that agent and cloud have left', async () => {
  await using given = await openRollover();
  const { clock, registry, stateFolder, store } = given;
  const captured = await capture(registry);
  const packageKey = readPackageKey(stateFolder).key.reveal();
  const pem = readFileSync(join(stateFolder, 'keys/1/password.pem'), 'utf8').split('\n').slice(1, -2);
  const { keys, rollover } = await given.startAgent();
  const opened = await open(
    captured.inner,
    captured.binding,
    (id) => keys.byPasswordKeyId(id)?.password.privateKey,
  );
  expect(opened.next?.reveal()).toBe('Correct horse 7 battery');

  requestRollover(stateFolder, clock.at + 1);
  await rollover.advance();
  clock.at += 7 * MINUTE;
  await rollover.advance();
  expect(numbers(keys.all)).toEqual([2]);

  const left = await loadKeys(stateFolder);
  const cloud = new AgentRegistry({ database: store.database, secrets: store.secrets });
  await cloud.refresh();
  const packageKeys = [
    ...left.all.map((held) => held.package),
    ...(cloud.get(agentId)?.generations ?? []).map((held) => held.packageKey),
  ];
  for (const held of packageKeys)
    await expect(unpack(captured.frame, tenantId, () => held)).rejects.toMatchObject({
      code: 'ERR_PACKAGE_OPEN',
    });
  for (const { password } of left.all)
    await expect(open(captured.inner, captured.binding, () => password.privateKey)).rejects.toMatchObject({
      code: 'ERR_ENVELOPE_OPEN',
    });

  const files = [stateFolder, store.folder].flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name))),
  );
  const old = [packageKey, ...pem.filter((line) => line.length > 40)];
  for (const secret of old) {
    expect(files.some((bytes) => bytes.includes(secret))).toBe(false);
    expect(files.some((bytes) => bytes.includes(Buffer.from(secret, 'base64url')))).toBe(false);
  }
  // The search itself finds what is there.
  const kept = readPackageKey(stateFolder, 2);
  expect(files.some((bytes) => bytes.includes(kept.key.reveal()))).toBe(true);
});

test('a state folder that was set back to an older copy is told apart', async () => {
  await using given = await openRollover();
  const { clock, stateFolder } = given;
  using place = mkdtempDisposableSync(join(tmpdir(), 'homeward-copy-'));
  cpSync(stateFolder, place.path, { recursive: true });
  requestRollover(stateFolder, clock.at + 1);
  const { rollover } = await given.startAgent();
  await rollover.advance();
  requestRollover(place.path, clock.at + 2);
  const copy = await given.startAgent(place.path);
  const refused = { code: 'ERR_KEYS_REFUSED' };
  await expect(copy.rollover.advance()).rejects.toMatchObject(refused);
  expect(copy.keys.current.number).toBe(1);
  clock.at += 7 * MINUTE;
  await rollover.advance();
  await expect(copy.rollover.advance()).rejects.toMatchObject(refused);
});

test('an agent learns who else receives the passwords of its forests', async () => {
  await using given = await openRollover();
  const { store, clock } = given;
  const own = await store.database.selectFrom('agent').selectAll().executeTakeFirstOrThrow();
  const forest = (sid: string) => JSON.stringify([{ sid, domain: `${sid}.example.com`, netbiosName: 'X' }]);
  await store.database
    .updateTable('agent')
    .set({ forests: forest('S-1-5-21-1-2-3') })
    .execute();
  const others = [
    { name: 'second', forests: forest('S-1-5-21-1-2-3'), status: 'active' as const },
    { name: 'gone', forests: forest('S-1-5-21-1-2-3'), status: 'revoked' as const },
    { name: 'elsewhere', forests: forest('S-1-5-21-7-8-9'), status: 'active' as const },
  ];
  for (const [index, other] of others.entries()) {
    const id = newId();
    const packageKeySealed = store.secrets.seal('package-key', id, new Uint8Array(32));
    const first = 'ABCDEF'.replace(own.identityKey.charAt(0), '').charAt(index);
    const identityKey = `${first}${own.identityKey.slice(1)}`;
    const row = { ...own, id, packageKeySealed, identityKey, enrolledAt: clock.at + 1, ...other };
    await store.database.insertInto('agent').values(row).execute();
  }
  await given.registry.refresh();
  const { keys } = await given.startAgent();
  const asked = {
    enrolment: { agentId, tenantId, cloudUrl: 'https://reset.example.com' },
    fetch: given.fetch,
  };
  expect(await askRecipients(asked, keys.current)).toMatchObject({
    recipients: [
      { agentId, name: 'dc-agent-1', state: 'receives', forests: ['S-1-5-21-1-2-3'] },
      { name: 'second', state: 'receives' },
    ],
    more: 0,
  });
});
