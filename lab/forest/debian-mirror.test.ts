import { expect, test } from 'vitest';
import { mirrorIn } from './debian-mirror.ts';

test('the mirror is the first repository that has whole releases', () => {
  const listing = [
    'http://mirror.example.com/debian-security/',
    'http://mirror.example.com/debian/',
    'http://other.example.com/debian/',
    '',
  ];
  expect(mirrorIn(listing.join('\n'))).toBe('http://mirror.example.com/debian/');
});

test('where apt has no sources it is left to debootstrap', () => {
  expect(mirrorIn('\n')).toBe('');
});
