import fc from 'fast-check';
import { expect, test } from 'vitest';
import { guidDn, guidFromBytes, guidToBytes } from './guid.ts';
import { domainOfSid, relativeId, sidFromBytes, sidToBytes } from './sid.ts';

const bytes16 = fc.uint8Array({ minLength: 16, maxLength: 16 });

test('any 16 bytes survive as GUID text', () => {
  fc.assert(
    fc.property(bytes16, (bytes) => {
      expect([...guidToBytes(guidFromBytes(bytes))]).toEqual([...bytes]);
    }),
  );
});

test('the first three fields of a GUID are little-endian on the wire', () => {
  const bytes = Buffer.from('b22d9ce8628cc74b95fb38d65dfdc5ed', 'hex');
  expect(guidFromBytes(bytes)).toBe('e89c2db2-8c62-4bc7-95fb-38d65dfdc5ed');
  expect(guidDn('E89C2DB2-8c62-4bc7-95fb-38d65dfdc5ed')).toBe('<GUID=b22d9ce8628cc74b95fb38d65dfdc5ed>');
});

test.each(['', 'e89c2db2', 'e89c2db2-8c62-4bc7-95fb-38d65dfdc5ed>,DC=example'])(
  '%j is refused as a GUID',
  (text) => {
    expect(() => guidDn(text)).toThrow(TypeError);
  },
);

const anySid = fc.record({
  authority: fc.nat({ max: 2 ** 48 - 1 }),
  parts: fc.array(fc.nat({ max: 2 ** 32 - 1 }), { maxLength: 15 }),
});

test('any SID survives as bytes', () => {
  fc.assert(
    fc.property(anySid, ({ authority, parts }) => {
      const text = ['S-1', authority, ...parts].join('-');
      expect(sidFromBytes(sidToBytes(text))).toBe(text);
    }),
  );
});

test('a SID of a domain names that domain; a builtin one names none', () => {
  expect(domainOfSid('S-1-5-21-1-2-3-512')).toBe('S-1-5-21-1-2-3');
  expect(relativeId('S-1-5-21-1-2-3-512')).toBe(512);
  expect(domainOfSid('S-1-5-32-544')).toBeUndefined();
});

test('cut and padded SIDs are refused', () => {
  const bytes = sidToBytes('S-1-5-21-1-2-3-512');
  expect(() => sidFromBytes(bytes.subarray(0, -1))).toThrow('A SID has');
  expect(() => sidFromBytes(Uint8Array.of(...bytes, 0))).toThrow('A SID has');
});
