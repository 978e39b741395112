import { inspect } from 'node:util';
import { Password } from '@homeward/protocol/password';
import fc from 'fast-check';
import { BerReader, BerWriter, ModifyRequest } from 'ldapts';
import { expect, test } from 'vitest';
import {
  changePassword,
  mustChangeAtNextLogon,
  PolicyHintsControl,
  quotedPassword,
  setPassword,
  unlockAccount,
  wipePasswords,
} from './account-change.ts';
import { compareAndSetMarker } from './marker.ts';

const canary = 'Canary-4f9c2a7e';

function shown(changes: ReturnType<typeof setPassword>): string {
  const request = new ModifyRequest({ messageId: 1, dn: '<GUID=00>', changes });
  return JSON.stringify(request);
}

test('a password is quoted and written in UTF-16LE, whatever it is', () => {
  const typed = fc.string({ unit: 'binary', minLength: 1, maxLength: 256 });
  fc.assert(
    fc.property(typed, (text) => {
      const password = Password.parse(text);
      if (!(password instanceof Password)) return;
      expect(quotedPassword(password).toString('utf16le')).toBe(`"${text}"`);
    }),
  );
});

test('ldapts’ own debug output never shows a password', () => {
  const bytes = [...quotedPassword(Password.of(canary))].join(',');
  for (const changes of [
    setPassword(Password.of(canary)),
    changePassword(Password.of(canary), Password.of(`${canary}2`)),
  ]) {
    expect(shown(changes)).toContain('"values":"[redacted]"');
    expect(shown(changes)).not.toContain(bytes.slice(0, 40));
    expect(shown(changes)).not.toContain(canary);
  }
});

test('our own bytes are gone after the write', () => {
  const changes = setPassword(Password.of(canary));
  wipePasswords(changes);
  expect(changes[0]?.modification.values).toEqual([Buffer.alloc((canary.length + 2) * 2)]);
  expect(inspect(changes, { depth: 5 })).not.toContain(canary);
});

test('a change is delete and add, a reset is replace', () => {
  expect(setPassword(Password.of(canary)).map((change) => change.operation)).toEqual(['replace']);
  const change = changePassword(Password.of(canary), Password.of(canary));
  expect(change.map((one) => one.operation)).toEqual(['delete', 'add']);
});

test('unlock and must-change replace by 0', () => {
  const written = [unlockAccount(), mustChangeAtNextLogon()].map((change) => ({
    operation: change.operation,
    type: change.modification.type,
    values: change.modification.values,
  }));
  expect(written).toEqual([
    { operation: 'replace', type: 'lockoutTime', values: ['0'] },
    { operation: 'replace', type: 'pwdLastSet', values: ['0'] },
  ]);
});

test('policy hints are critical and say 1', () => {
  const writer = new BerWriter();
  new PolicyHintsControl('1.2.840.113556.1.4.2239').write(writer);
  const reader = new BerReader(writer.buffer);
  reader.readSequence();
  expect(reader.readString()).toBe('1.2.840.113556.1.4.2239');
  expect(reader.readBoolean()).toBe(true);
  expect(reader.readString(0x04, true)?.toString('hex')).toBe('3003020101');
});

test('a marker is deleted by its old value and added, so that only one of two writers can win', () => {
  const operations = (before?: string) =>
    compareAndSetMarker('info', before, 'next').map((one) => [one.operation, one.modification.values]);
  expect(operations()).toEqual([['add', ['next']]]);
  expect(operations('old')).toEqual([
    ['delete', ['old']],
    ['add', ['next']],
  ]);
});
