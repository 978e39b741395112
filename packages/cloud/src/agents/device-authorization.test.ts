import { afterEach, beforeEach, expect, test } from 'vitest';
import { readUserCode } from './decide-device.ts';
import { type AgentsSide, newMachine, startAgentsSide } from './enrolling-machine.fixture.ts';

const MINUTE = 60_000;

let side: AgentsSide;
let administrator: string;

beforeEach(async () => {
  side = await startAgentsSide();
  administrator = await side.addAdministrator('admin-anna');
});
afterEach(() => side[Symbol.asyncDispose]());

async function approve(userCode: string): Promise<boolean> {
  const { onboarding } = side.agents;
  const id = (await onboarding.findByUserCode(readUserCode(userCode) ?? '')) ?? '';
  return onboarding.decide(id, 'approved', administrator);
}

test('a machine gets a code, waits, and is an agent once an administrator approved it', async () => {
  const machine = await newMachine(side, 'dc-agent-1');
  const code = await machine.askForCode();
  expect(code).toMatchObject({
    user_code: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/),
    verification_uri: `${side.url}/admin/approve`,
    expires_in: 600,
    interval: 5,
    issuer: side.url,
  });
  expect(code).not.toHaveProperty('verification_uri_complete');
  expect(await machine.poll(code.device_code)).toMatchObject({
    status: 400,
    body: { error: 'authorization_pending' },
  });

  const id = (await side.agents.onboarding.findByUserCode(code.user_code)) ?? '';
  expect(await side.agents.onboarding.machine(id)).toMatchObject({
    name: 'dc-agent-1',
    fingerprint: machine.fingerprint,
    forests: [{ domain: 'corp.example.com' }],
    isFurther: false,
  });
  expect(await approve(code.user_code.toLowerCase().replace('-', ' '))).toBe(true);
  side.clock.now += 5_000;
  const enrolled = await machine.poll(code.device_code);
  expect(enrolled).toMatchObject({ status: 201, body: { status: 'active', tenantId: side.tenant.id } });
  expect(await machine.poll(code.device_code)).toEqual(enrolled);
  expect((await machine.credential(String(enrolled.body['agentId']))).status).toBe(200);
});

test('a machine that is an agent already and asks again is the same agent', async () => {
  const machine = await newMachine(side, 'dc-agent-1');
  const first = await machine.enrolByToken();
  const code = await machine.askForCode();
  expect(await approve(code.user_code)).toBe(true);
  const again = await machine.poll(code.device_code);
  expect(again.body['agentId']).toBe(first.body['agentId']);
  expect(await side.agents.onboarding.agents()).toHaveLength(1);
});

test('a machine that is revoked while its code waits is refused, and not told that it serves', async () => {
  const machine = await newMachine(side, 'dc-agent-1');
  const { body } = await machine.enrolByToken();
  const [early, late] = [await machine.askForCode(), await machine.askForCode()];
  await approve(early.user_code);
  await machine.poll(early.device_code);
  await approve(late.user_code);
  await side.agents.onboarding.revoke(String(body['agentId']), administrator);
  for (const { device_code } of [early, late])
    expect(await machine.poll(device_code)).toMatchObject({ status: 400, body: { error: 'access_denied' } });
  expect((await machine.asJson('/agents/device', await machine.requestWith())).body['error']).toBe(
    'keys_revoked',
  );
});

test('a poll that another key signed gets nothing, approved or not', async () => {
  const machine = await newMachine(side, 'dc-agent-1');
  const thief = await newMachine(side, 'thief');
  const code = await machine.askForCode();
  await approve(code.user_code);
  for (const subject of [thief.fingerprint, machine.fingerprint]) {
    expect(await thief.poll(code.device_code, subject)).toMatchObject({
      status: 401,
      body: { error: 'invalid_client' },
    });
  }
  expect((await machine.poll(code.device_code)).status).toBe(201);
});

test('polls that come too fast are told so, and have to come more slowly', async () => {
  const machine = await newMachine(side, 'dc-agent-1');
  const { device_code } = await machine.askForCode();
  const errors = [];
  for (const wait of [0, 1_000, 6_000, 16_000]) {
    side.clock.now += wait;
    errors.push((await machine.poll(device_code)).body['error']);
  }
  expect(errors).toEqual(['authorization_pending', 'slow_down', 'slow_down', 'authorization_pending']);
});

test('a code that nobody approved in ten minutes is over, for both sides', async () => {
  const machine = await newMachine(side, 'dc-agent-1');
  const code = await machine.askForCode();
  side.clock.now += 10 * MINUTE;
  expect(await side.agents.onboarding.findByUserCode(code.user_code)).toBeUndefined();
  expect(await machine.poll(code.device_code)).toMatchObject({ body: { error: 'expired_token' } });
  side.clock.now += 61 * MINUTE;
  await side.agents.onboarding.purge();
  expect(await side.database.selectFrom('deviceAuthorization').selectAll().execute()).toEqual([]);
});

test('a code that was approved in its last second can still be fetched', async () => {
  const machine = await newMachine(side, 'dc-agent-1');
  const code = await machine.askForCode();
  side.clock.now += 10 * MINUTE - 1;
  expect(await approve(code.user_code)).toBe(true);
  side.clock.now += 5_000;
  expect((await machine.poll(code.device_code)).status).toBe(201);
});

test('a machine that was refused is told so, and a decision is made once', async () => {
  const machine = await newMachine(side, 'dc-agent-1');
  const code = await machine.askForCode();
  const { onboarding } = side.agents;
  const id = (await onboarding.findByUserCode(code.user_code)) ?? '';
  expect(await onboarding.decide(id, 'denied', administrator)).toBe(true);
  expect(await onboarding.decide(id, 'approved', administrator)).toBe(false);
  const [row] = await side.database.selectFrom('deviceAuthorization').select('requestSealed').execute();
  expect(row?.requestSealed).toBe('');
  expect(await machine.poll(code.device_code)).toMatchObject({ body: { error: 'access_denied' } });
});

test('five wrong entries void a request', async () => {
  const machine = await newMachine(side, 'dc-agent-1');
  const code = await machine.askForCode();
  const { onboarding } = side.agents;
  const id = (await onboarding.findByUserCode(code.user_code)) ?? '';
  const voided = [];
  for (let count = 0; count < 5; count++) voided.push(await onboarding.countWrongEntry(id));
  expect(voided).toEqual([false, false, false, false, true]);
  expect(await approve(code.user_code)).toBe(false);
  expect(await machine.poll(code.device_code)).toMatchObject({ body: { error: 'access_denied' } });
});

test('nothing of a code or a key is in the store or the log in the clear', async () => {
  const machine = await newMachine(side, 'dc-agent-1');
  const code = await machine.askForCode();
  await approve(code.user_code);
  await machine.poll(code.device_code);
  const rows = JSON.stringify(await side.database.selectFrom('deviceAuthorization').selectAll().execute());
  for (const secret of [code.device_code, code.user_code, machine.packageKey.key]) {
    expect(rows).not.toContain(secret);
    expect(side.logged.join()).not.toContain(secret);
  }
});

test.each([
  ['keys that were swapped on the way', 'proof_invalid'],
  ['a token’s proof', 'proof_invalid'],
  ['a token', 'request_invalid'],
])('a request with %s is refused', async (what, error) => {
  const machine = await newMachine(side, 'dc-agent-1');
  const another = await newMachine(side, 'dc-agent-2');
  const plain = await machine.requestWith();
  const withToken = await machine.requestWith('token');
  const changed = {
    'keys that were swapped on the way': { ...plain, identityKey: another.identityKey },
    'a token’s proof': { ...plain, proof: withToken.proof },
    'a token': withToken,
  }[what];
  expect(await machine.asJson('/agents/device', changed ?? {})).toMatchObject({
    status: 400,
    body: { error },
  });
});

test.each(['dc-agent-1\u001b[2J', 'dc\u202eagent', 'dc\r\nagent', 'dc\u2028agent', ''])(
  'a machine whose name would steer a terminal or a mail is refused (%j)',
  async (name) => {
    const machine = await newMachine(side, name);
    const refused = await machine.asJson('/agents/device', await machine.requestWith());
    expect(refused).toMatchObject({ status: 400, body: { error: 'request_invalid' } });
  },
);

test('an address that asks for code after code is refused', async () => {
  const machine = await newMachine(side, 'dc-agent-1');
  const request = await machine.requestWith();
  const statuses = [];
  for (let count = 0; count < 21; count++)
    statuses.push((await machine.asJson('/agents/device', request)).status);
  expect(statuses).toEqual([...Array(20).fill(200), 429]);
});

test('where tokens are required, codes are not given', async () => {
  await using strict = await startAgentsSide({ requireToken: true });
  const machine = await newMachine(strict, 'dc-agent-1');
  const refused = await machine.asJson('/agents/device', await machine.requestWith());
  expect(refused).toMatchObject({ status: 400, body: { error: 'token_required' } });
  expect(refused.body['message']).toContain('homeward-cloud token create');
  expect((await machine.enrolByToken()).status).toBe(201);
});

test.each([
  ['bcdf-ghjk', 'BCDF-GHJK'],
  [' bcdf ghjk ', 'BCDF-GHJK'],
  ['BCDFGHJK', 'BCDF-GHJK'],
  ['ＢＣＤＦ—ＧＨＪＫ', 'BCDF-GHJK'],
  ['BCDF-GHJ', undefined],
  ['ABCD-EFGH', undefined],
])('the code %o is read as %o', (typed, code) => {
  expect(readUserCode(typed)).toBe(code);
});
