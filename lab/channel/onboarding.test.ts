/** The agent's own commands against the cloud's agents side on a real port. */
import { existsSync, mkdtempDisposableSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EVENTS } from '@homeward/protocol/event';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { admitCommand } from '../../packages/agent/src/enrol/admit-command.ts';
import { disableCommand } from '../../packages/agent/src/enrol/disable-command.ts';
import { enableCommand } from '../../packages/agent/src/enrol/enable-command.ts';
import { readEnrolment, readWaitingCode } from '../../packages/agent/src/enrol/enrolment-file.ts';
import { loadKeys } from '../../packages/agent/src/keys/key-store.ts';
import { obtainCredential } from '../../packages/agent/src/link/credential-source.ts';
import { fakeTerminal } from '../../packages/agent/src/permissions/directory.fixture.ts';
import { openJournal } from '../../packages/agent/src/writeback/journal.ts';
import {
  type AgentsSide,
  CORP,
  startAgentsSide,
} from '../../packages/cloud/src/agents/enrolling-machine.fixture.ts';

let side: AgentsSide;
let administrator: string;
let opened: AsyncDisposableStack;

beforeEach(async () => {
  opened = new AsyncDisposableStack();
  side = opened.use(await startAgentsSide());
  administrator = await side.addAdministrator('admin-anna');
}, 60_000);
afterEach(() => opened.disposeAsync(), 60_000);

/** A machine with a state folder of its own; `meanwhile` happens while it waits. */
function machine(name = 'dc-agent-1') {
  const { path } = opened.use(mkdtempDisposableSync(join(tmpdir(), 'homeward-onboarding-')));
  const events: number[] = [];
  const take = (fields: object) => {
    if ('event' in fields) events.push(fields.event as number);
  };
  const terminal = fakeTerminal();
  const stopping = new AbortController();
  const config = { name, stateFolder: path, forests: [{ domain: CORP.domain }] as never };
  let meanwhile: () => unknown = () => {};
  const deps = {
    ...{ terminal, command: 'homeward-agent', random: Math.random, fetch, signal: stopping.signal },
    clock: { now: () => side.clock.now, monotonic: () => performance.now() },
    log: { debug: take, info: take, warn: take, error: take },
    identify: async () => CORP,
    async sleep(ms: number) {
      side.clock.now += ms;
      await meanwhile();
    },
  };
  return {
    ...{ stateFolder: path, events, terminal, stopping, deps },
    during(act: () => unknown) {
      meanwhile = act;
    },
    enable: (options: { token?: string } = {}) =>
      enableCommand(config, { cloud: side.url, ...options }, deps),
    disable: (localOnly = false) => disableCommand(config, { localOnly }, deps),
    admit: (fingerprint: string) => admitCommand(config, fingerprint, deps),
    enrolment: () => readEnrolment(path),
    fingerprint: () => /fingerprint +([0-9a-f-]{29})/.exec(terminal.text())?.[1] ?? '',
    async credential() {
      const enrolment = readEnrolment(path);
      if (enrolment === undefined) throw new Error('not enrolled');
      const keys = await loadKeys(path);
      return obtainCredential({ enrolment, keys, fetch, now: () => side.clock.now }, 'relay');
    },
  };
}
type TestMachine = ReturnType<typeof machine>;

async function decide(one: TestMachine, decision: 'approved' | 'denied' = 'approved') {
  const code = /code +([A-Z]{4}-[A-Z]{4})/.exec(one.terminal.text())?.[1] ?? '';
  const id = (await side.agents.onboarding.findByUserCode(code)) ?? '';
  await side.agents.onboarding.decide(id, decision, administrator);
}

async function enabled(name?: string): Promise<TestMachine> {
  const one = machine(name);
  await one.enable({ token: await side.newToken() });
  return one;
}

test('a machine shows a code and its fingerprint, waits, and is an agent when it was approved', async () => {
  const one = machine();
  let waited = 0;
  one.during(async () => {
    if (++waited === 3) await decide(one);
  });
  await one.enable();
  const said = one.terminal.text();
  expect(said).toContain(`address      ${side.url}/admin/approve`);
  expect(said).toMatch(/code {9}[A-Z]{4}-[A-Z]{4}\n {2}fingerprint {2}([0-9a-f]{4}-){5}[0-9a-f]{4}/);
  expect(said).toContain('Enrolled as dc-agent-1 for Example Corporation.');
  expect(said).toContain('Next: homeward-agent run');
  const { onboardingStarted, keysCreated, credentialObtained, onboardingSucceeded } = EVENTS;
  expect(one.events).toEqual([onboardingStarted, keysCreated, credentialObtained, onboardingSucceeded]);
  expect(readdirSync(one.stateFolder).toSorted()).toEqual(['enrolment.json', 'keys']);
  expect((await one.credential()).expires).toBeGreaterThan(side.clock.now);
});

test('waiting that was interrupted is gone on with, under the same code', async () => {
  const one = machine();
  one.during(() => one.stopping.abort());
  await expect(one.enable()).rejects.toMatchObject({
    code: 'ERR_INTERRUPTED',
    message: expect.stringContaining('run the same command again'),
  });
  const kept = readWaitingCode(one.stateFolder);
  expect(statSync(join(one.stateFolder, 'device-enrolment.json')).mode & 0o777).toBe(0o600);
  one.deps.signal = new AbortController().signal;
  one.during(() => decide(one));
  await one.enable();
  expect(one.terminal.text()).toContain('Still to be approved, as asked before:');
  expect(one.terminal.text().match(new RegExp(kept?.user_code ?? '', 'g'))).toHaveLength(2);
  expect(one.enrolment()?.status).toBe('active');
});

test('a cloud that is away for a moment does not end the waiting', async () => {
  const one = machine();
  let calls = 0;
  one.deps.fetch = ((...request: Parameters<typeof fetch>) => {
    calls++;
    return calls === 2 ? Promise.reject(new TypeError('fetch failed')) : fetch(...request);
  }) as typeof fetch;
  one.during(() => decide(one));
  await one.enable();
  expect(calls).toBe(3);
  expect(one.enrolment()?.status).toBe('active');
});

test.each([
  ['refused', () => 'an administrator refused this machine'],
  ['not approved in time', () => 'nobody approved the code in time'],
])('a machine that was %s says so, and asks for a new code the next time', async (what, words) => {
  const one = machine();
  one.during(async () => {
    if (what === 'refused') await decide(one, 'denied');
    else side.clock.now += 600_000;
  });
  await expect(one.enable()).rejects.toMatchObject({
    code: 'ERR_ENROLMENT_REFUSED',
    message: expect.stringContaining(words()),
  });
  expect(one.events.at(-1)).toBe(EVENTS.onboardingError);
  expect(readWaitingCode(one.stateFolder)).toBeUndefined();
});

test('a second machine is told to wait, and serves once the first admits it by its fingerprint', async () => {
  const first = await enabled();
  const second = await enabled('dc-agent-2');
  expect(second.enrolment()?.status).toBe('pending');
  expect(second.terminal.text().replaceAll('\n', ' ')).toContain(
    `homeward-agent admit ${second.fingerprint()}`,
  );
  await expect(second.credential()).rejects.toMatchObject({
    code: 'ERR_CREDENTIAL_REFUSED',
    message: expect.stringContaining('waits to be admitted'),
  });
  await first.admit(second.fingerprint().toUpperCase().replaceAll('-', ' '));
  expect(first.terminal.text()).toContain('dc-agent-2 is admitted');
  expect((await second.credential()).expires).toBeGreaterThan(side.clock.now);
});

test('a fingerprint that is not whole, or that nobody has who waits, admits nobody', async () => {
  const first = await enabled();
  const second = await enabled('dc-agent-2');
  await expect(first.admit(second.fingerprint().slice(-6))).rejects.toMatchObject({
    code: 'ERR_CONFIG_INVALID',
  });
  const wrong = second.fingerprint().replace(/^./, (character) => (character === 'f' ? '0' : 'f'));
  await expect(first.admit(wrong)).rejects.toMatchObject({ code: 'ERR_ADMISSION_REFUSED' });
  await expect(second.admit(second.fingerprint())).rejects.toMatchObject({
    message: expect.stringContaining('only an agent that serves a forest'),
  });
  await expect(second.credential()).rejects.toThrow('waits to be admitted');
});

test('a cloud that names another key under the fingerprint’s name has nobody admitted', async () => {
  const first = await enabled();
  const second = await enabled('dc-agent-2');
  const strangers = await enabled('dc-agent-3');
  const strangersKey = (await loadKeys(strangers.stateFolder)).identity.publicKey;
  first.deps.fetch = (async (...request: Parameters<typeof fetch>) => {
    const answer = await fetch(...request);
    if (!String(request[0]).endsWith('/waiting')) return answer;
    const { agents } = (await answer.json()) as { agents: { name: string; identityKey: string }[] };
    const forged = Buffer.from(strangersKey).toString('base64url');
    return Response.json({ agents: agents.map((agent) => ({ ...agent, identityKey: forged })) });
  }) as typeof fetch;
  await expect(first.admit(second.fingerprint())).rejects.toMatchObject({ code: 'ERR_ADMISSION_REFUSED' });
});

test('disabling waits for what is under way, then destroys the keys on both sides', async () => {
  const one = await enabled();
  const agentId = one.enrolment()?.agentId ?? '';
  const secret = readFileSync(join(one.stateFolder, 'keys/1/package.json'), 'utf8');
  const { token } = await one.credential();
  await side.database
    .insertInto('request')
    .values({
      ...{ id: 'one', tenantId: side.tenant.id, flowId: 'flow', personId: 'anna', operation: 'reset' },
      ...{ agentId, state: 'granted', sealedDigest: '', outcome: null, event: null, settledAt: null },
      ...{ issuedAt: side.clock.now, expiresAt: side.clock.now + 5_000 },
    } as never)
    .execute();
  let waits = 0;
  one.during(() => {
    waits++;
    expect(existsSync(join(one.stateFolder, 'keys/1/password.pem'))).toBe(true);
  });
  await one.disable();
  expect(waits).toBe(3);
  expect(readdirSync(one.stateFolder)).toEqual([]);
  const [row] = await side.database.selectFrom('agent').selectAll().where('id', '=', agentId).execute();
  expect(row).toMatchObject({ status: 'revoked', packageKeySealed: '' });
  expect(one.events.slice(-2)).toEqual([EVENTS.offboardingStarted, EVENTS.offboardingSucceeded]);

  const url = `${side.url.replace('http', 'ws')}/relay`;
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${token.reveal()}` } });
  const status = await new Promise((resolve) => {
    socket.once('unexpected-response', (_, response) => resolve(response.statusCode));
    socket.once('error', () => {});
  });
  expect(status).toBe(403);

  await one.enable({ token: await side.newToken() });
  expect(one.enrolment()).toMatchObject({ status: 'active' });
  expect(one.enrolment()?.agentId).not.toBe(agentId);
  expect(readFileSync(join(one.stateFolder, 'keys/1/package.json'), 'utf8')).not.toBe(secret);
});

test('an agent that was revoked in the portal can destroy its keys as well', async () => {
  const one = await enabled();
  await side.agents.onboarding.revoke(one.enrolment()?.agentId ?? '', administrator);
  await expect(one.credential()).rejects.toThrow('revoked');
  await one.disable();
  expect(readdirSync(one.stateFolder)).toEqual([]);
});

test('where the cloud cannot be told nothing is destroyed, unless that is asked for', async () => {
  const one = await enabled();
  one.deps.fetch = (async () => Promise.reject(new TypeError('fetch failed'))) as typeof fetch;
  await expect(one.disable()).rejects.toMatchObject({
    code: 'ERR_CLOUD_UNREACHABLE',
    message: expect.stringMatching(/Nothing was changed here.+for good: .+ --local-only, and revoke/),
  });
  await expect(one.admit('0'.repeat(24))).rejects.toThrow('Nobody was admitted. Run this again when');
  expect(one.events.at(-1)).toBe(EVENTS.offboardingFailed);
  expect(existsSync(join(one.stateFolder, 'keys/1/password.pem'))).toBe(true);
  await one.disable(true);
  expect(readdirSync(one.stateFolder)).toEqual([]);
  expect(one.terminal.text()).toContain('The cloud was not told. Revoke the agent');
  await expect(one.disable()).rejects.toMatchObject({ code: 'ERR_NOT_ENROLLED' });
});

test('an agent that runs while it is disabled is waited for', async () => {
  const one = await enabled();
  const journal = openJournal(one.stateFolder, () => side.clock.now);
  let waits = 0;
  one.during(() => ++waits === 2 && journal.close());
  await one.disable();
  expect(waits).toBe(2);
  expect(one.terminal.text()).toContain('The agent that ran here has ended.');
  expect(one.terminal.text()).not.toContain('Stop it now.');
});

test('an agent that does not end by itself is to be stopped', async () => {
  const one = await enabled();
  const journal = openJournal(one.stateFolder, () => side.clock.now);
  await one.disable();
  journal.close();
  expect(one.terminal.text()).toContain('has the keys in its memory. Stop it now.');
});

test('what stops waiting while it leaves destroys nothing', async () => {
  const one = await enabled();
  const agentId = one.enrolment()?.agentId ?? '';
  const times = { issuedAt: side.clock.now, expiresAt: side.clock.now + 60_000 };
  const ids = { id: 'one', tenantId: side.tenant.id, flowId: 'flow', personId: 'anna', agentId };
  await side.database
    .insertInto('request')
    .values({ ...ids, ...times, operation: 'reset', state: 'granted', sealedDigest: '' } as never)
    .execute();
  one.during(() => one.stopping.abort());
  await expect(one.disable()).rejects.toMatchObject({ code: 'ERR_INTERRUPTED' });
  expect((await one.credential()).expires).toBeGreaterThan(side.clock.now);
});

test('an agent cannot be enrolled over another enrolment', async () => {
  const one = await enabled();
  await expect(one.enable({ token: await side.newToken() })).rejects.toMatchObject({
    code: 'ERR_ALREADY_ENROLLED',
    message: expect.stringContaining('writeback disable'),
  });
  expect(one.events.at(-1), 'nothing began, and nothing failed').toBe(EVENTS.onboardingSucceeded);
});
