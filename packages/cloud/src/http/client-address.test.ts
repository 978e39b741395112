import { expect, test } from 'vitest';
import { addressGroup, clientAddressReader } from './client-address.ts';

test('without a declared proxy X-Forwarded-For is a claim that nobody hears', () => {
  const { clientAddressOf, isProxy } = clientAddressReader();
  expect(clientAddressOf('192.0.2.7', '198.51.100.1')).toBe('192.0.2.7');
  expect(clientAddressOf('::ffff:192.0.2.7', undefined)).toBe('192.0.2.7');
  expect(isProxy('127.0.0.1')).toBe(false);
});

test.each([
  ['10.0.0.5', '198.51.100.1', '198.51.100.1'],
  ['10.0.0.5', '203.0.113.66, 198.51.100.1', '198.51.100.1'],
  ['10.0.0.5', '198.51.100.1, 10.9.9.9', '198.51.100.1'],
  ['::ffff:10.0.0.5', '2001:db8:1::1', '2001:db8:1::1'],
  ['10.0.0.5', '203.0.113.66, forged', '10.0.0.5'],
  ['10.0.0.5', undefined, '10.0.0.5'],
  ['fd00::1', '198.51.100.1', '198.51.100.1'],
  ['192.0.2.7', '198.51.100.1', '192.0.2.7'],
])('behind a proxy: peer %s saying %s is %s', (peer, forwarded, client) => {
  const { clientAddressOf } = clientAddressReader(['10.0.0.0/8', 'fd00::/8']);
  expect(clientAddressOf(peer, forwarded)).toBe(client);
});

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:db8::9', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['', ''],
])('limits count %s as %s', (address, group) => {
  expect(addressGroup(address)).toBe(group);
});
