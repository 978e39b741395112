import { expect, test } from 'vitest';
import { parseAttributeMetadata, UNICODE_PWD_ATTID } from './attribute-metadata.ts';
import { durationToMs, filetimeToUnix, unixToFiletime } from './filetime.ts';
import { generalizedTimeToUnix } from './probe-directory.ts';

const controller = '0837153af38895459ec22afa53c73f5d';

function vector(entries: { id: number; version: number; at: number; usn: bigint }[]): Buffer {
  const bytes = Buffer.alloc(16 + 48 * entries.length);
  bytes.writeUInt32LE(1, 0);
  bytes.writeUInt32LE(entries.length, 8);
  for (const [index, entry] of entries.entries()) {
    const at = 16 + 48 * index;
    bytes.writeUInt32LE(entry.id, at);
    bytes.writeUInt32LE(entry.version, at + 4);
    bytes.writeBigUInt64LE(unixToFiletime(entry.at) / 10_000_000n, at + 8);
    bytes.write(controller, at + 16, 'hex');
    bytes.writeBigUInt64LE(entry.usn, at + 32);
  }
  return bytes;
}

test('version, time and origin of each attribute are read', () => {
  const at = Date.UTC(2026, 10, 21, 3, 20, 1);
  const parsed = parseAttributeMetadata(
    vector([
      { id: 3, version: 1, at: 0, usn: 1n },
      { id: UNICODE_PWD_ATTID, version: 7, at, usn: 4711n },
    ]),
  );
  expect(parsed[1]).toEqual({ attributeId: UNICODE_PWD_ATTID, version: 7, at, controller, usn: 4711n });
});

test('cut bytes and other versions are refused', () => {
  const good = vector([{ id: 3, version: 1, at: 0, usn: 1n }]);
  const other = Buffer.from(good);
  other.writeUInt32LE(2, 0);
  for (const bytes of [good.subarray(0, -1), good.subarray(0, 8), other])
    expect(() => parseAttributeMetadata(bytes)).toThrow('layout of version 1');
});

test('times of the directory become Unix milliseconds, never too early', () => {
  expect(filetimeToUnix(116_444_736_000_000_000n)).toBe(0);
  expect(filetimeToUnix(116_444_736_000_000_001n)).toBe(1);
  expect(filetimeToUnix(unixToFiletime(1_795_227_168_123))).toBe(1_795_227_168_123);
  expect(generalizedTimeToUnix('20261121015602.0Z')).toBe(Date.UTC(2026, 10, 21, 1, 56, 2));
});

test('durations are negative, and none or never is undefined', () => {
  expect(durationToMs(-864_000_000_000n)).toBe(86_400_000);
  expect(durationToMs(0n)).toBeUndefined();
  expect(durationToMs(-0x8000_0000_0000_0000n)).toBeUndefined();
});
