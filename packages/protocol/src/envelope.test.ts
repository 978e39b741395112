import { beforeAll, expect, test } from 'vitest';
import { toHex } from './bytes.ts';
import { newId } from './id.ts';
import { importPasswordKey, open } from './open.ts';
import { MAX_PASSWORD_UNITS, Password } from './password.ts';
import { importRecipient, type Recipient, type SealBinding, seal } from './seal.ts';

type Agent = { recipient: Recipient; privateKey: CryptoKey };

async function makeAgent(): Promise<Agent> {
  const algorithm = {
    name: 'RSA-OAEP',
    hash: 'SHA-256',
    modulusLength: 2_048,
    publicExponent: Uint8Array.of(1, 0, 1),
  };
  const pair = await crypto.subtle.generateKey(algorithm, true, ['encrypt', 'decrypt']);
  const spki = new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey));
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey));
  return { recipient: await importRecipient(spki), privateKey: await importPasswordKey(pkcs8) };
}

const binding: SealBinding = {
  tenantId: newId(),
  requestId: newId(),
  operation: 'reset',
  flags: 6,
  cloudAnchor: newId(),
  issued: 1_800_000_000_000,
  expires: 1_800_000_120_000,
};

let first: Agent;
let second: Agent;
const keysOf =
  (...agents: Agent[]) =>
  (id: string) =>
    agents.find(({ recipient }) => toHex(recipient.keyId) === id)?.privateKey;

beforeAll(async () => {
  [first, second] = await Promise.all([makeAgent(), makeAgent()]);
});

test.each([
  ['ASCII', 'Correct horse 7 battery'],
  ['accents', 'Smørrebrød-Łódź-42'],
  ['Chinese', '正确的马电池订书钉'],
  ['emoji', '🐎🔋📎'.repeat(20)],
  ['one unit', 'x'],
  ['the longest', 'x'.repeat(MAX_PASSWORD_UNITS)],
])('each recipient opens a password of %s exactly as typed', async (_, typed) => {
  const inner = await seal({ next: Password.of(typed) }, binding, [first.recipient, second.recipient]);
  for (const agent of [first, second]) {
    const { next, current } = await open(inner, binding, keysOf(agent));
    expect(next?.reveal()).toBe(typed);
    expect(current).toBeUndefined();
  }
});

test('a change carries the new and the current password apart', async () => {
  const passwords = { next: Password.of('new one 1A'), current: Password.of('old one 1A') };
  const bound = { ...binding, operation: 'change' as const };
  const opened = await open(await seal(passwords, bound, [first.recipient]), bound, keysOf(first));
  expect([opened.next?.reveal(), opened.current?.reveal()]).toEqual(['new one 1A', 'old one 1A']);
});

test.each([
  { recipients: 1, next: 134, current: 0, size: 568 },
  { recipients: 2, next: 1, current: 0, size: 832 },
  { recipients: 2, next: 134, current: 0, size: 832 },
  { recipients: 2, next: 64, current: 64, size: 832 },
  { recipients: 2, next: 256, current: 0, size: 1_088 },
  { recipients: 2, next: 256, current: 256, size: 1_600 },
])(
  '$recipients recipients and $next + $current units take $size bytes',
  async ({ recipients, next, current, size }) => {
    const passwords = {
      next: Password.of('é'.repeat(next)),
      ...(current > 0 && { current: Password.of('漢'.repeat(current)) }),
    };
    const inner = await seal(passwords, binding, [first.recipient, second.recipient].slice(0, recipients));
    expect(inner.length).toBe(size);
  },
);

test.each<[string, Partial<SealBinding>]>([
  ['tenant', { tenantId: newId() }],
  ['request', { requestId: newId() }],
  ['operation', { operation: 'adminReset' }],
  ['flags', { flags: 7 }],
  ['person', { cloudAnchor: newId() }],
  ['issue time', { issued: binding.issued + 1 }],
  ['expiry', { expires: binding.expires + 1 }],
])('an envelope does not open for another %s', async (_, other) => {
  const inner = await seal({ next: Password.of('Sealed for one use 1') }, binding, [first.recipient]);
  await expect(open(inner, { ...binding, ...other }, keysOf(first))).rejects.toMatchObject({
    code: 'ERR_ENVELOPE_OPEN',
  });
});

// Hundreds of openings with a private key.
const SLOW = { timeout: 60_000 };

test(
  'every single changed byte makes the envelope unreadable, always with the same refusal',
  SLOW,
  async () => {
    const inner = await seal({ next: Password.of('Sealed for one use 1') }, binding, [first.recipient]);
    for (let at = 0; at < inner.length; at++) {
      const changed = inner.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      await expect(open(changed, binding, keysOf(first)), `byte ${at}`).rejects.toMatchObject({
        code: 'ERR_ENVELOPE_OPEN',
        message: 'the envelope does not open',
      });
    }
  },
);

test('an agent that is no recipient cannot open', async () => {
  const inner = await seal({ next: Password.of('Sealed for one use 1') }, binding, [first.recipient]);
  await expect(open(inner, binding, keysOf(second))).rejects.toMatchObject({ code: 'ERR_ENVELOPE_OPEN' });
});

test.each([0, 3])('%i recipients are refused', async (count) => {
  const recipients = Array.from({ length: count }, () => first.recipient);
  await expect(seal({ next: Password.of('x') }, binding, recipients)).rejects.toBeInstanceOf(TypeError);
});

test('an RSA key of another size is no recipient', async () => {
  const algorithm = {
    name: 'RSA-OAEP',
    hash: 'SHA-256',
    modulusLength: 3_072,
    publicExponent: Uint8Array.of(1, 0, 1),
  };
  const pair = await crypto.subtle.generateKey(algorithm, true, ['encrypt', 'decrypt']);
  const spki = new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey));
  await expect(importRecipient(spki)).rejects.toBeInstanceOf(TypeError);
});
