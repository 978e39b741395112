import { expect, test } from 'vitest';
import { personOf } from './read-people.ts';

const guid = Buffer.from('00112233445566778899aabbccddeeff', 'hex');

test('a value that is not what its attribute should hold comes as base64, and the person comes all the same', () => {
  const broken = Buffer.from('S-1-5-21-1-2-3-4');
  const values = new Map([
    ['objectguid', [guid]],
    ['msexchmasteraccountsid', [broken]],
    ['mail', [Buffer.from('una@example.com')]],
  ]);
  expect(personOf({ dn: 'CN=Una', values }, ['msExchMasterAccountSid', 'mail'])).toEqual({
    objectGuid: '33221100-5544-7766-8899-aabbccddeeff',
    dn: 'CN=Una',
    attributes: { msExchMasterAccountSid: [broken.toString('base64')], mail: ['una@example.com'] },
  });
});

test('whoever has no readable objectGUID is nobody', () => {
  expect(personOf({ dn: 'CN=Una', values: new Map() }, ['mail'])).toBeUndefined();
});
