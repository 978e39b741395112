import { expect, test } from 'vitest';
import { anchorOfBytes, anchorOfGuid } from './source-anchor.ts';

test('the anchor of an objectGUID is its raw bytes, the first three groups little-endian', () => {
  const bytes = Buffer.from('33221100554477668899aabbccddeeff', 'hex');
  expect(anchorOfGuid('00112233-4455-6677-8899-aabbccddeeff')).toBe(bytes.toString('base64'));
  expect(anchorOfGuid('00112233-4455-6677-8899-AABBCCDDEEFF')).toBe('MyIRAFVEd2aImaq7zN3u/w==');
});

test('a binary attribute is an anchor only if it has 16 bytes', () => {
  expect(anchorOfBytes('MyIRAFVEd2aImaq7zN3u/w==')).toBe('MyIRAFVEd2aImaq7zN3u/w==');
  expect(anchorOfBytes('00112233-4455-6677-8899-aabbccddeeff')).toBe('MyIRAFVEd2aImaq7zN3u/w==');
  expect(anchorOfBytes('MyIRAFVEd2aImaq7zN3u')).toBeUndefined();
  expect(anchorOfBytes('')).toBeUndefined();
});
