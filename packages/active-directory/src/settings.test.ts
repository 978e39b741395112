import { Secret } from '@homeward/protocol/secret';
import { expect, test } from 'vitest';
import { checkSettings, type DirectorySettings, parseAddress } from './settings.ts';

const good: DirectorySettings = {
  domain: 'corp.example.com',
  account: { userPrincipalName: 'agent@corp.example.com', password: new Secret('secret') },
};

test('the least settings are enough', () => {
  expect(() => checkSettings(good)).not.toThrow();
});

test('all problems are told at once, by path', () => {
  const bad = {
    ...good,
    domain: 'corp',
    dnsServers: ['dns.example.com'],
    addresses: { 'dc1.corp.example.com': '127.0.0.1:3269' },
    account: { userPrincipalName: '', password: new Secret('') },
    poolSize: 0,
    timeouts: { write: 0 },
  };
  expect(() => checkSettings(bad)).toThrow(
    [
      'The directory settings cannot be used:',
      'domain: must be a DNS name such as corp.example.com',
      'dnsServers[0]: must be an address or address:port',
      'addresses.dc1.corp.example.com: 3269 is the global catalogue, which takes no writes; use 636',
      'account.userPrincipalName: must not be empty',
      'account.password: must not be empty',
      'poolSize: must be a whole number from 1',
      'timeouts.write: must be more than 0 milliseconds',
    ].join('\n'),
  );
});

test.each([
  ['127.0.0.1', { address: '127.0.0.1', port: 53 }],
  ['127.0.0.1:5353', { address: '127.0.0.1', port: 5353 }],
  ['::1', { address: '::1', port: 53 }],
  ['[::1]:5353', { address: '::1', port: 5353 }],
  ['127.0.0.1:70000', undefined],
])('%s is read as %j', (text, parsed) => {
  expect(parseAddress(text, 53)).toEqual(parsed);
});
