import { Secret } from '@homeward/protocol/secret';
import { expect, test } from 'vitest';
import { deriveSecrets } from './secrets.ts';

const secrets = deriveSecrets(new Secret(Buffer.alloc(32, 7)));
const others = deriveSecrets(new Secret(Buffer.alloc(32, 8)));
const text = Buffer.from('anna.berg');

test('an HMAC depends on the key, the purpose, and where one part ends', () => {
  const macs = [
    secrets.hmac('email-code', 'ab', 'c'),
    secrets.hmac('email-code', 'a', 'bc'),
    secrets.hmac('flow-cookie', 'ab', 'c'),
    others.hmac('email-code', 'ab', 'c'),
  ];
  expect(new Set(macs).size).toBe(4);
  expect(secrets.hmac('email-code', 'ab', 'c')).toBe(macs[0]);
});

test('what is sealed opens for the same purpose and row alone', () => {
  const sealed = secrets.seal('typed-user-id', 'row-1', text);
  expect(secrets.unseal('typed-user-id', 'row-1', sealed)).toEqual(text);
  const refused = expect.objectContaining({ code: 'ERR_SEALED_TEXT_INVALID' });
  expect(() => secrets.unseal('typed-user-id', 'row-2', sealed)).toThrow(refused);
  expect(() => secrets.unseal('package-key', 'row-1', sealed)).toThrow(refused);
  expect(() => others.unseal('typed-user-id', 'row-1', sealed)).toThrow(refused);
  expect(() => secrets.unseal('typed-user-id', 'row-1', sealed.slice(0, 20))).toThrow(refused);
});

test('the same text is never sealed to the same bytes', () => {
  expect(secrets.seal('typed-user-id', 'row', text)).not.toBe(secrets.seal('typed-user-id', 'row', text));
});

test('another epoch voids what was given out, and nothing that was sealed or counted', () => {
  const masterKey = new Secret(Buffer.alloc(32, 7));
  const restored = deriveSecrets(masterKey, 'epoch-2');
  const again = deriveSecrets(masterKey, 'epoch-3');
  for (const purpose of [
    'email-code',
    'flow-cookie',
    'ticket',
    'enrolment-token',
    'administrator-session',
    'device-code',
    'user-code',
    'agent-token',
  ] as const) {
    const macs = [secrets, restored, again].map(({ hmac }) => hmac(purpose, 'value'));
    expect(new Set(macs).size, purpose).toBe(3);
  }
  for (const purpose of ['master-key-check', 'throttle-key'] as const)
    expect(restored.hmac(purpose, 'value')).toBe(secrets.hmac(purpose, 'value'));
  for (const purpose of ['package-key', 'signing-key', 'totp-seed', 'administrator-password'] as const)
    expect(restored.unseal(purpose, 'row', secrets.seal(purpose, 'row', text))).toEqual(text);
});

test('keys stay the same from version to version: what is stored must open for ever', () => {
  expect(secrets.hmac('email-code', 'flow', '123456')).toMatchInlineSnapshot(
    `"3effd477f01aca288b8f05a9c2b14abeca4d4fd25a4c58e2cc8af381ca990a81"`,
  );
  expect(secrets.hmac('throttle-key', 'user-id', 'anna')).toMatchInlineSnapshot(
    `"a8b4fbe7d3c257519d9289aeeb339f66e55c489aa5a10fdafd5030900d9fbe62"`,
  );
});
