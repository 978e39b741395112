import { Hono } from 'hono';
import { TOTP, Secret as TotpSecret } from 'otpauth';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { storeOn } from '../store/store.ts';
import { openTestDatabase, type TestDatabase } from '../store/test-database.ts';
import { ANNA } from '../testing/test-cloud.ts';
import { DEFAULT_LIMITS } from '../verify/throttle/limits.ts';
import type { AccountDeps } from './admin-deps.ts';
import { administratorControl } from './control-routes.ts';
import { passwordHasher } from './password-hash.ts';
import { proveCode, provePassword } from './prove-administrator.ts';

const ADDRESS = '192.0.2.7';
const PASSWORD = 'a plain long password';

let open: TestDatabase;
let deps: AccountDeps;
let control: Hono;
let now: number;
const logged: string[] = [];

beforeEach(async () => {
  now = Date.UTC(2026, 10, 14, 9, 30);
  open = await openTestDatabase();
  const write = (fields: object, message: string) => void logged.push(JSON.stringify(fields) + message);
  deps = {
    store: storeOn(open.database, DEFAULT_LIMITS),
    secrets: open.secrets,
    hasher: passwordHasher(),
    tenant: { id: 'tenant', name: 'Example Corporation' },
    clock: () => now,
    log: { info: write, warn: write } as AccountDeps['log'],
  };
  control = new Hono().route('/administrators', administratorControl(deps));
});
afterEach(() => open[Symbol.asyncDispose]());

async function ask(path: string, body: object) {
  const response = await control.request(path, { method: 'POST', body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Record<string, string> };
}

async function made(userName = 'admin-anna') {
  const { body } = await ask('/administrators', { userName, password: PASSWORD });
  const seed = new URL(body['otpauthUri'] ?? '').searchParams.get('secret') ?? '';
  const totp = new TOTP({ secret: TotpSecret.fromBase32(seed) });
  const administrator = await deps.store.administrators.byName('tenant', userName);
  if (administrator === undefined) throw new Error('nobody was made');
  return { administrator, codeAt: (at: number) => totp.generate({ timestamp: at }) };
}

test('an administrator is made with a password and a second gate that are shown once', async () => {
  const { status, body } = await ask('/administrators', { userName: 'Admin-Anna' });
  expect(status).toBe(200);
  expect(body['userName']).toBe('admin-anna');
  expect(body['password']).toMatch(/^([a-z2-9]{5}-){3}[a-z2-9]{5}$/);
  expect(body['otpauthUri']).toMatch(
    /^otpauth:\/\/totp\/Example%20Corporation:admin-anna\?.*secret=[A-Z2-7]{32}/,
  );
  expect(await provePassword(deps, 'ADMIN-anna ', body['password'] ?? '', ADDRESS)).toMatchObject({
    kind: 'proven',
  });
  const seed = new URL(body['otpauthUri'] ?? '').searchParams.get('secret') ?? '';
  const rows = JSON.stringify(await open.database.selectFrom('administrator').selectAll().execute());
  for (const secret of [body['password'] ?? '', seed]) {
    expect(rows).not.toContain(secret);
    expect(logged.join()).not.toContain(secret);
  }
  expect(rows).not.toContain('argon2');
});

test.each([
  ['a name of two words', { userName: 'anna berg' }, 'user name must'],
  ['a short password', { userName: 'anna', password: 'elevenchars' }, '12 or more'],
  ['the name in the password', { userName: 'anna', password: 'my name is Anna' }, 'contains the user name'],
  ['a mail address that is none', { userName: 'anna', mail: 'anna' }, 'no mail address'],
])('%s is refused in words', async (_, body, words) => {
  const refused = await ask('/administrators', body);
  expect(refused.status).toBe(400);
  expect(refused.body['message']).toContain(words);
});

test.each(['aberg', 'ABERG', ANNA.userName, 'anna.berg@example.com'])(
  'somebody who is in the directory cannot be an administrator (%s)',
  async (userName) => {
    await deps.store.people.provision('tenant', ANNA, now);
    const { status, body } = await ask('/administrators', { userName });
    expect(status).toBe(400);
    expect(body['message']).toContain('cannot be administrators here');
  },
);

test('a name is taken while its account is enabled, and free once it is disabled', async () => {
  const { administrator } = await made();
  expect((await ask('/administrators', { userName: 'admin-anna' })).body['message']).toContain(
    'of this name',
  );
  expect(await ask('/administrators/disable', { userName: 'admin-anna' })).toEqual({
    status: 200,
    body: { left: 0 },
  });
  expect((await ask('/administrators/disable', { userName: 'admin-anna' })).status).toBe(404);
  expect(await provePassword(deps, 'admin-anna', PASSWORD, ADDRESS)).toEqual({ kind: 'wrong' });
  expect((await made()).administrator.id).not.toBe(administrator.id);
});

test('a wrong password and a name that nobody has get the same answer and leave the same traces', async () => {
  await made();
  expect(await provePassword(deps, 'admin-anna', 'wrong', ADDRESS)).toEqual({ kind: 'wrong' });
  expect(await provePassword(deps, 'admin-otto', 'wrong', ADDRESS)).toEqual({ kind: 'wrong' });
  const told = await open.database
    .selectFrom('audit')
    .select(['activity', 'result'])
    .where('activity', '=', 'administratorSignIn')
    .execute();
  expect(told).toEqual(Array(2).fill({ activity: 'administratorSignIn', result: 'passwordWrong' }));
});

test('a code is good for one use, half a minute before and after included', async () => {
  const { administrator, codeAt } = await made();
  const prove = (code: string) => proveCode(deps, administrator, code, ADDRESS);
  expect(await prove(codeAt(now - 90_000))).toEqual({ kind: 'wrong' });
  expect(await prove('not a code')).toEqual({ kind: 'wrong' });
  expect(await prove(codeAt(now))).toEqual({ kind: 'proven' });
  expect(await prove(codeAt(now))).toEqual({ kind: 'usedBefore' });
  expect(await prove(codeAt(now - 30_000))).toEqual({ kind: 'usedBefore' });
  expect(await prove(codeAt(now + 30_000))).toEqual({ kind: 'proven' });
});

test('of two uses of one code at once, one is taken', async () => {
  const { administrator, codeAt } = await made();
  const both = await Promise.all([1, 2].map(() => proveCode(deps, administrator, codeAt(now), ADDRESS)));
  expect(both.map(({ kind }) => kind).toSorted()).toEqual(['proven', 'usedBefore']);
});

test('the eleventh try in a quarter of an hour is refused, also for a name that nobody has', async () => {
  const { administrator, codeAt } = await made();
  for (const name of ['admin-anna', 'admin-otto']) {
    const answers = [];
    for (let count = 0; count < 11; count++) answers.push(await provePassword(deps, name, 'x', ADDRESS));
    expect(answers.slice(0, 10)).toEqual(Array(10).fill({ kind: 'wrong' }));
    expect(answers[10]).toEqual({ kind: 'limited', until: now + 900_000 });
  }
  expect(await proveCode(deps, administrator, codeAt(now), ADDRESS)).toMatchObject({ kind: 'limited' });
  expect(await provePassword(deps, 'admin-anna', PASSWORD, '198.51.100.1')).toMatchObject({ kind: 'proven' });
  now += 900_000;
  expect(await provePassword(deps, 'admin-anna', PASSWORD, ADDRESS)).toMatchObject({ kind: 'proven' });
});

test('a full sign-in forgives the tries before it', async () => {
  const { administrator, codeAt } = await made();
  for (let count = 0; count < 9; count++) await provePassword(deps, 'admin-anna', 'x', ADDRESS);
  expect(await proveCode(deps, administrator, codeAt(now), ADDRESS)).toEqual({ kind: 'proven' });
  expect(await provePassword(deps, 'admin-anna', PASSWORD, ADDRESS)).toMatchObject({ kind: 'proven' });
});
