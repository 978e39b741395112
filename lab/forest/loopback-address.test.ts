import { expect, test } from 'vitest';
import { forestPlace } from './forest-place.ts';
import { addressLabel, candidateAddress } from './loopback-address.ts';

test('candidates are host addresses of 127.64.0.0/10, the same ones each time', () => {
  const label = addressLabel(forestPlace('/srv/lab', 'corp'));
  const candidates = Array.from({ length: 300 }, (_, attempt) => candidateAddress(label, attempt));
  for (const candidate of candidates) {
    const [first = 0, second = 0, third = 0, fourth = 0] = candidate.split('.').map(Number);
    expect(first).toBe(127);
    expect(second & 0b1100_0000).toBe(64);
    expect(third).toBeLessThanOrEqual(255);
    expect(fourth).toBeGreaterThanOrEqual(1);
    expect(fourth).toBeLessThanOrEqual(254);
  }
  expect(new Set(candidates).size).toBeGreaterThan(290);
  expect(candidateAddress(label, 7)).toBe(candidates[7]);
});

test('labs in two folders differ in label and link, and a label fits the kernel’s 15 characters', () => {
  const one = forestPlace('/srv/one/.lab', 'corp');
  const two = forestPlace('/srv/two/.lab', 'corp');
  expect(addressLabel(one)).not.toBe(addressLabel(two));
  expect(one.shortPath).not.toBe(two.shortPath);
  expect(addressLabel(one)).toHaveLength(15);
});
