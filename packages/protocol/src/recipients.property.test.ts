import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ProtocolError } from './errors.ts';
import { type AgentRecipient, decodeRecipients, encodeRecipients, MAX_RECIPIENTS } from './recipients.ts';
import { MAX_STATEMENT_SIZE } from './statement.ts';

const recipient: fc.Arbitrary<AgentRecipient> = fc.record({
  agentId: fc.uuid({ version: 4 }),
  name: fc.string({ minLength: 1, maxLength: 64 }),
  fingerprint: fc.stringMatching(/^([0-9a-f]{4}-){5}[0-9a-f]{4}$/),
  forests: fc.array(fc.stringMatching(/^S-1-5-21(-\d{1,10}){3}$/), { maxLength: 2 }),
  state: fc.constantFrom('receives' as const, 'waits' as const),
  enrolledAt: fc.maxSafeNat(),
});

test('a list reads back as it was written', () => {
  fc.assert(
    fc.property(fc.array(recipient, { maxLength: 5 }), fc.nat(), (recipients, more) => {
      expect(decodeRecipients(encodeRecipients({ recipients, more }))).toEqual({ recipients, more });
    }),
  );
});

test('as many as are told fit into one statement', () => {
  const longest: AgentRecipient = {
    agentId: '5f0c0a52-0000-4000-8000-000000000001',
    name: '\u0001'.repeat(64),
    fingerprint: 'ffff-'.repeat(6),
    forests: [`S-1-5-21${'-4294967295'.repeat(3)}`],
    state: 'receives',
    enrolledAt: Number.MAX_SAFE_INTEGER,
  };
  const recipients = Array.from({ length: MAX_RECIPIENTS }, () => longest);
  expect(encodeRecipients({ recipients, more: 1 }).length).toBeLessThan(MAX_STATEMENT_SIZE - 100);
});

test('whatever else arrives is refused by name', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array(),
        fc.json().map((text) => new TextEncoder().encode(text)),
      ),
      (body) => {
        expect(() => decodeRecipients(body)).toThrow(ProtocolError);
      },
    ),
  );
});
