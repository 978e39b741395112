import { expect, test } from 'vitest';
import { sidOfBytes } from './sid.ts';

test('reads a binary SID and leaves one in text as it is', () => {
  const bytes = Buffer.from('010500000000000515000000010000000200000003000000f4010000', 'hex');
  expect(sidOfBytes(bytes.toString('base64'))).toBe('S-1-5-21-1-2-3-500');
  expect(sidOfBytes('s-1-5-10')).toBe('S-1-5-10');
});

test('gives nothing for what is no SID', () => {
  for (const value of ['', 'AQ==', 'AQUAAAAAAAU=', 'hello world', '////'])
    expect(sidOfBytes(value)).toBeUndefined();
});
