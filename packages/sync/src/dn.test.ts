import { expect, test } from 'vitest';
import { canonicalDn, domainOf, isWithin, movedDn } from './dn.ts';

test('one object has one canonical DN, however it was escaped and spelled', () => {
  expect(canonicalDn('CN=Doe\\2C Jane,OU=Sales,DC=corp,DC=example,DC=com')).toBe(
    canonicalDn('cn=doe\\, jane, ou=sales , dc=CORP,dc=example,dc=com'),
  );
  expect(canonicalDn('CN=\\C3\\96st,DC=example,DC=com')).toBe(canonicalDn('CN=Öst,DC=example,DC=com'));
});

test('an escaped comma ends no name', () => {
  expect(isWithin('CN=a\\,OU=b,DC=example,DC=com', 'OU=b,DC=example,DC=com')).toBe(false);
  expect(isWithin('CN=a,OU=b,DC=example,DC=com', 'OU=b,DC=example,DC=com')).toBe(true);
  expect(isWithin('CN=a,OU=xb,DC=example,DC=com', 'OU=b,DC=example,DC=com')).toBe(false);
  expect(isWithin('OU=B,DC=example,DC=com', 'ou=b,dc=example,dc=com')).toBe(true);
});

test('names the domain by its DC parts', () => {
  expect(domainOf('CN=a\\,DC=x,OU=b,DC=Corp,DC=example,DC=com')).toBe('corp.example.com');
  expect(domainOf('CN=a, DC=corp , DC=example,DC=com')).toBe('corp.example.com');
  expect(domainOf('DC=corp,DC=example')).toBe('corp.example');
  expect(domainOf('CN=x\\,DC=evil')).toBe('');
  expect(domainOf('')).toBe('');
});

test('gives the new DN of what lies below a renamed container, in the spelling of the object', () => {
  const [from, to] = ['ou=old\\, north,DC=example,DC=com', 'OU=New,DC=example,DC=com'];
  expect(movedDn('CN=Doe\\, Jane,OU=Inner,OU=Old\\, North,DC=example,DC=com', from, to)).toBe(
    'CN=Doe\\, Jane,OU=Inner,OU=New,DC=example,DC=com',
  );
  expect(movedDn('OU=Old\\2C North,DC=example,DC=com', from, to)).toBe(to);
  expect(movedDn('CN=Jane,OU=Elsewhere,DC=example,DC=com', from, to)).toBeUndefined();
});
