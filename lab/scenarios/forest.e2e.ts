import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { Attribute, Change, type Client, InsufficientAccessError, ResultCodeError } from 'ldapts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { issueCertificate } from '../forest/certificate-authority.ts';
import { inventPassword } from '../forest/invent-password.ts';
import { provePasswordByKinit } from '../forest/kinit.ts';
import { provePasswordByBind } from '../forest/ldaps-bind.ts';
import { alwaysAt, ldapsClient } from '../forest/ldaps-connection.ts';
import { setPassword } from '../forest/set-password.ts';
import { type Lab, type LabForest, type LabPerson, readLab } from '../lab-file.ts';
import { ownLabFile } from '../own-lab.ts';

let forest: LabForest;
let ca: Lab['ca'];
let agent: Client;

beforeAll(async () => {
  const lab = await readLab(ownLabFile());
  const [corp] = lab.forests;
  ca = lab.ca;
  if (!corp) throw new Error('the lab has no forest');
  forest = corp;
  agent = await ldapsClient(forest);
  await agent.bind(forest.agentAccount.userPrincipalName, forest.agentAccount.password);
});
afterAll(() => agent.unbind());

function person(match: Partial<LabPerson>): LabPerson {
  const found = forest.people.find((each) =>
    Object.entries(match).every(([key, value]) => each[key as keyof LabPerson] === value),
  );
  if (!found) throw new Error(`nobody is ${JSON.stringify(match)}`);
  return found;
}

function replace(type: string, value: string | Buffer): Change {
  return new Change({
    operation: 'replace',
    modification: new Attribute({ type, values: [value] as string[] | Buffer[] }),
  });
}

function resetAsAgent(dn: string, password: string): Promise<void> {
  return agent.modify(dn, [replace('unicodePwd', Buffer.from(`"${password}"`, 'utf16le'))]);
}

describe('the certificate of the controller', () => {
  async function handshake(hostName: string, ca?: string): Promise<string> {
    return await new Promise((resolve) => {
      const socket = connect({
        host: hostName,
        port: 636,
        lookup: alwaysAt(forest.address),
        ...(ca === undefined ? {} : { ca }),
      });
      socket.on('secureConnect', () => {
        resolve(socket.authorized ? 'verified' : 'unverified');
        socket.destroy();
      });
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      socket.on('close', () => resolve('closed'));
    });
  }

  test('verifies by name with the CA of the lab, and only so', async () => {
    const ca = await readFile(forest.caFile, 'utf8');
    expect(await handshake(forest.hostName, ca)).toBe('verified');
    expect(await handshake(forest.hostName)).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    expect(await handshake('dc2.corp.example.com', ca)).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
  });
});

test('the CA issues for any other names and addresses, which browsers and Node accept', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'homeward-certificate-'));
  const issued = await issueCertificate(ca, {
    folder,
    name: 'portal',
    hostNames: ['reset.example.com', 'localhost'],
    addresses: ['127.0.0.1'],
  });
  const certificate = new X509Certificate(await readFile(issued.certFile));
  const authority = new X509Certificate(await readFile(ca.certFile));
  expect(certificate.verify(authority.publicKey)).toBe(true);
  expect(certificate.ca).toBe(false);
  expect(certificate.checkHost('reset.example.com')).toBe('reset.example.com');
  expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
  expect(certificate.checkHost('dc1.corp.example.com')).toBeUndefined();
  expect(certificate.checkPrivateKey(createPrivateKey(await readFile(issued.keyFile)))).toBe(true);
  expect((await stat(issued.keyFile)).mode & 0o077).toBe(0);
  await rm(folder, { recursive: true });
});

describe('the directory', () => {
  test('has the people that lab.json names, where it says', async () => {
    const { searchEntries } = await agent.search(forest.baseDn, {
      filter: '(&(objectCategory=person)(objectClass=user)(mail=*))',
      attributes: ['userPrincipalName', 'displayName', 'givenName', 'sn', 'mail', 'objectGUID'],
      explicitBufferAttributes: ['objectGUID'],
    });
    const found = searchEntries.map((entry) => ({
      userPrincipalName: entry['userPrincipalName'],
      displayName: entry['displayName'],
      givenName: entry['givenName'],
      surname: entry['sn'],
      mail: entry['mail'],
      dn: entry.dn,
      objectGuid: guidText(entry['objectGUID'] as Buffer),
    }));
    const described = forest.people.map(({ userName: _, password: __, kind: ___, ...rest }) => rest);
    expect(found).toHaveLength(40);
    expect(found).toEqual(expect.arrayContaining(described));
  });

  test.each(['Sales\\, EMEA', 'R&D \\+ Labs'])(
    'finds people by DN below an OU whose name holds %s',
    async (name) => {
      const { dn, displayName } = person({});
      expect(dn).toContain(displayName);
      const inside = forest.people.filter((each) => each.dn.includes(name));
      expect(inside.length).toBeGreaterThan(0);
      for (const each of inside) {
        const { searchEntries } = await agent.search(each.dn, { scope: 'base', attributes: ['mail'] });
        expect(searchEntries).toMatchObject([{ mail: each.mail }]);
      }
    },
  );

  test('enforces the password policy of the description', async () => {
    const { searchEntries } = await agent.search(forest.baseDn, {
      scope: 'base',
      attributes: ['minPwdLength', 'pwdHistoryLength', 'minPwdAge', 'pwdProperties'],
    });
    expect(searchEntries).toMatchObject([
      { minPwdLength: '8', pwdHistoryLength: '24', minPwdAge: '0', pwdProperties: '1' },
    ]);
    const { objectGuid } = person({ userName: 'bo.li' });
    for (const tooWeak of ['Sh0rt-x', 'nocapitalsnodigits']) {
      await expect(resetAsAgent(`<GUID=${objectGuid}>`, tooWeak)).rejects.toThrow('0000052D');
    }
  });
});

describe('the agent account', () => {
  test('resets an ordinary person, unlocks them and makes them change it', async () => {
    const someone = person({ userName: 'bo.li' });
    const password = inventPassword();
    await agent.modify(`<GUID=${someone.objectGuid}>`, [
      replace('unicodePwd', Buffer.from(`"${password}"`, 'utf16le')),
      replace('lockoutTime', '0'),
      replace('pwdLastSet', '0'),
    ]);
    expect(await provePasswordByKinit(forest, someone.userPrincipalName, password)).toBe('accepted');
    await setPassword(forest, someone.userName, someone.password);
  });

  test('is refused outside of the people OU: the administrators, and itself', async () => {
    const others = [
      person({ kind: 'protected' }).dn,
      `CN=Administrator,CN=Users,${forest.baseDn}`,
      forest.agentAccount.dn,
    ];
    for (const dn of others) {
      await expect(resetAsAgent(dn, inventPassword())).rejects.toBeInstanceOf(InsufficientAccessError);
    }
  });

  test('could reset a protected account inside the people OU: Samba leaves that to us', async () => {
    const protectedInside = person({ kind: 'nestedProtected' });
    expect(protectedInside.dn.endsWith(forest.peopleOu)).toBe(true);
    await resetAsAgent(`<GUID=${protectedInside.objectGuid}>`, protectedInside.password);
    const { searchEntries } = await agent.search(`<GUID=${protectedInside.objectGuid}>`, {
      scope: 'base',
      attributes: ['tokenGroups'],
      explicitBufferAttributes: ['tokenGroups'],
    });
    const accountOperators = Buffer.from('01020000000000052000000024020000', 'hex');
    expect([searchEntries[0]?.['tokenGroups']].flat()).toContainEqual(accountOperators);
  });

  test('may write nothing else about a person', async () => {
    const { objectGuid } = person({ userName: 'bo.li' });
    const { searchEntries } = await agent.search(`<GUID=${objectGuid}>`, {
      scope: 'base',
      attributes: ['allowedAttributesEffective'],
    });
    expect([searchEntries[0]?.['allowedAttributesEffective']].flat().toSorted()).toEqual([
      'lockoutTime',
      'pwdLastSet',
    ]);
    await expect(agent.modify(`<GUID=${objectGuid}>`, [replace('title', 'Pilot')])).rejects.toThrow(
      '00002098',
    );
    await expect(agent.del(`<GUID=${objectGuid}>`)).rejects.toBeInstanceOf(ResultCodeError);
  });
});

describe('a password', () => {
  test('that was reset away is dead for Kerberos, and for an hour not for LDAP', async () => {
    const someone = person({ userName: 'nils.berg' });
    // Whoever used this lab before may have left another one.
    await setPassword(forest, someone.userName, someone.password);
    const password = inventPassword();
    await setPassword(forest, someone.userName, password);
    const upn = someone.userPrincipalName;
    expect(await provePasswordByKinit(forest, upn, password)).toBe('accepted');
    expect(await provePasswordByBind(forest, upn, password)).toBe('accepted');
    expect(await provePasswordByKinit(forest, upn, someone.password)).toBe('refused');
    expect(await provePasswordByBind(forest, upn, someone.password)).toBe('accepted');
    await setPassword(forest, someone.userName, someone.password);
  });

  test('is not called wrong by kinit when something else is', async () => {
    const { userPrincipalName, password } = person({ kind: 'disabled' });
    expect(await provePasswordByKinit(forest, userPrincipalName, password)).toHaveProperty('unavailable');
    expect(await provePasswordByKinit(forest, 'nobody@corp.example.com', password)).toHaveProperty(
      'unavailable',
    );
  });
});

function guidText(bytes: Buffer): string {
  const hex = (from: number, to: number) => bytes.subarray(from, to).toString('hex');
  const swapped = (from: number, to: number) =>
    Buffer.from(bytes.subarray(from, to)).reverse().toString('hex');
  return [swapped(0, 4), swapped(4, 6), swapped(6, 8), hex(8, 10), hex(10, 16)].join('-');
}
