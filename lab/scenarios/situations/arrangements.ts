import { createServer, type Server, type Socket } from 'node:net';
import { type Directory, openDirectory, type Right } from '@homeward/active-directory';
import { Password } from '@homeward/protocol/password';
import { Secret } from '@homeward/protocol/secret';
import { Attribute, Change } from 'ldapts';
import {
  clock,
  type LabAdministrator,
  type LabPerson,
  openLabDirectory,
  quiet,
} from '../../../packages/active-directory/src/testing/lab-forest.ts';
import type { Arranged } from './situation.ts';

/** A person as the situation wants them; `directory` where it is not the agent's usual way there. */
export type Stage = {
  person: LabPerson;
  earlier?: Password;
  directory?: Directory;
  /** the domain's policy as it was before */
  restore?: () => Promise<void>;
};
export type Arrange = (lab: LabAdministrator, directory: Directory) => Promise<Stage>;

export const MINIMUM_AGE_MS = 2 * 86_400_000;
const CHANGE_PASSWORD = 'ab721a53-1e2f-11d0-9819-00aa0040529b';
const PAST = '133000000000000000';
const LATER = '143000000000000000';
const FLAGS = { disabled: '514', neverExpires: '66048', smartCard: '262656', workstation: '4096' };
/** For what is waited for in vain. Where an answer comes, it shall be told by that answer, however slow this machine is. */
const SHORT_LIMITS = { dns: 500, connect: 500, bind: 500, read: 500 };
const LONG_LIMITS = { dns: 30_000, connect: 30_000, bind: 30_000, read: 30_000 };

export const ARRANGEMENTS: Readonly<Record<Arranged, Arrange>> = {
  ordinary: made(),
  'named Ann Lee': made({ displayName: 'Ann Lee' }),
  'has had other passwords': async (lab, directory) => {
    const person = await lab.person();
    const password = `Next-${crypto.randomUUID()}`;
    const outcome = await directory.resetPassword(person, Password.of(password), {
      mustChange: false,
      unlockToo: false,
    });
    if (outcome.kind !== 'applied') throw new Error(`no earlier password: ${outcome.kind}`);
    return { person: { ...person, password }, earlier: Password.of(person.password) };
  },
  'password younger than the minimum age': async (lab) => {
    const person = await lab.person();
    await lab.domainPolicy({ minPwdAge: String(-MINIMUM_AGE_MS * 10_000) });
    return { person, restore: () => lab.domainPolicy({ minPwdAge: '0' }) };
  },
  'under a PSO that may not be read': async (lab) => {
    const person = await lab.person();
    await lab.pso({ 'msDS-MinimumPasswordLength': '20' }, [person]);
    return { person };
  },
  locked: async (lab) => ({ person: await lockedPerson(lab) }),
  disabled: made({ userAccountControl: FLAGS.disabled }),
  'account expired': made({ accountExpires: PAST }),
  'account expires later': made({ accountExpires: LATER }),
  'smart card': changed({ userAccountControl: FLAGS.smartCard }),
  'locked with smart card': async (lab) => {
    const person = await lab.person();
    await lab.replace(person.dn, { userAccountControl: FLAGS.smartCard });
    await lab.lock(person);
    return { person };
  },
  'never expires': made({ userAccountControl: FLAGS.neverExpires }),
  'must change': changed({ pwdLastSet: '0' }),
  'cannot change password': async (lab) => {
    const person = await lab.person();
    await lab.denyOn(person.dn, 'S-1-1-0', CHANGE_PASSWORD);
    return { person };
  },
  'may be locked': async (lab) => {
    const person = await lab.person();
    await lab.pso({ 'msDS-LockoutThreshold': '5' }, [person]);
    return { person };
  },
  'in Domain Admins': async (lab) => {
    const person = await lab.person();
    await join(lab, `CN=Domain Admins,CN=Users,${lab.forest.baseDn}`, person.dn);
    return { person };
  },
  'nested in Account Operators': async (lab) => {
    const person = await lab.person();
    const group = `CN=G-${person.userName},${lab.ou}`;
    await lab.client.add(group, { objectClass: 'group', member: person.dn });
    await join(lab, `CN=Account Operators,CN=Builtin,${lab.forest.baseDn}`, group);
    return { person };
  },
  'primary group Domain Admins': async (lab) => {
    const person = await lab.person();
    await join(lab, `CN=Domain Admins,CN=Users,${lab.forest.baseDn}`, person.dn);
    await lab.replace(person.dn, { primaryGroupID: '512' });
    return { person };
  },
  'leftover adminCount': made({ adminCount: '1' }),
  deleted: async (lab) => {
    const person = await lab.person();
    await lab.client.del(person.dn);
    return { person };
  },
  'never was': async (lab) => ({ person: { ...(await lab.person()), objectGuid: crypto.randomUUID() } }),
  'a computer': made({ objectClass: 'computer', userAccountControl: FLAGS.workstation }),
  renamed: async (lab) => {
    const person = await lab.person();
    await lab.client.modifyDN(person.dn, `CN=Renamed ${person.userName},${lab.ou}`);
    return { person };
  },
  moved: async (lab) => {
    const person = await lab.person();
    const { ou } = await lab.organizationalUnit(`Elsewhere ${person.userName}`);
    await lab.client.modifyDN(person.dn, `CN=${person.userName},${ou}`);
    return { person };
  },
  'special characters': named(', + " \\ < > ; = / #'),
  'leading #': named('# leading'),
  'spaces around the name': named(' spaces '),
  'unicode name': named('😀 Émile 漢字'),
  '64 characters': named('x'.repeat(64)),
  'without resetPassword': lacking('resetPassword'),
  'without writeLockoutTime': lacking('writeLockoutTime'),
  'locked, without writeLockoutTime': lacking('writeLockoutTime', (lab, person) => lab.lock(person)),
  'without writePwdLastSet': lacking('writePwdLastSet'),
  'inheritance blocked': async (lab) => {
    const { ou } = await lab.organizationalUnit(`Closed ${crypto.randomUUID().slice(0, 8)}`);
    await lab.blockInheritance(ou);
    return { person: await lab.person({}, { ou }) };
  },
  'history required': async (lab) => ({
    person: await lab.person(),
    directory: openLabDirectory(lab.forest, lab.forest.agentAccount, { requirePolicyHints: true }),
  }),
  'nobody listens': at(async () => '127.0.0.1:9'),
  'controller hangs': at((lab) => listening(lab, () => {}), SHORT_LIMITS),
  'connection ended': at((lab) => listening(lab, (socket) => socket.destroy())),
  'certificate of another name': async (lab) => {
    const other = `dc9.${lab.forest.domain}`;
    return {
      person: await lab.person(),
      directory: openLabDirectory(lab.forest, lab.forest.agentAccount, {
        controllers: [other],
        addresses: { [other]: lab.forest.address },
      }),
    };
  },
  'unknown authority': async (lab) => {
    const { domain, dnsServer, agentAccount } = lab.forest;
    const account = {
      userPrincipalName: agentAccount.userPrincipalName,
      password: new Secret(agentAccount.password),
    };
    const directory = openDirectory({ domain, dnsServers: [dnsServer], account }, { clock, log: quiet });
    return { person: await lab.person(), directory };
  },
  'agent password wrong': boundAs(async (lab) => ({ ...(await lab.person()), password: 'Wrong-Password-1' })),
  'agent disabled': boundAs((lab) => lab.person({ userAccountControl: FLAGS.disabled })),
  'agent expired': boundAs((lab) => lab.person({ accountExpires: PAST })),
  'agent locked': boundAs(lockedPerson),
};

function made(attributes: Record<string, string> = {}): Arrange {
  return async (lab) => ({ person: await lab.person(attributes) });
}

/** For what cannot be there while the password is set. */
function changed(attributes: Record<string, string>): Arrange {
  return async (lab) => {
    const person = await lab.person();
    await lab.replace(person.dn, attributes);
    return { person };
  };
}

function named(name: string): Arrange {
  return async (lab) => {
    const { ou } = await lab.organizationalUnit(name);
    return { person: await lab.person({}, { cn: name, ou }) };
  };
}

async function lockedPerson(lab: LabAdministrator): Promise<LabPerson> {
  const person = await lab.person();
  await lab.lock(person);
  return person;
}

async function join(lab: LabAdministrator, group: string, member: string): Promise<void> {
  const modification = new Attribute({ type: 'member', values: [member] });
  await lab.client.modify(group, [new Change({ operation: 'add', modification })]);
}

/** An OU of its own, and an account that holds there what a reset needs but for one right. */
function lacking(
  right: Right,
  also: (lab: LabAdministrator, person: LabPerson) => Promise<void> = async () => {},
): Arrange {
  return async (lab) => {
    const account = await lab.person();
    const { ou } = await lab.organizationalUnit(`Below ${account.userName}`);
    const person = await lab.person({}, { ou });
    const directory = openLabDirectory(lab.forest, account);
    const administrator = openLabDirectory(lab.forest, lab.forest.administrator);
    const needed = ['resetPassword', 'writeLockoutTime', 'writePwdLastSet'] as const;
    const report = await directory.rights({ ou, inspectPeople: true });
    const granted = needed.filter((other) => other !== right);
    await administrator.applyRights(await directory.planGrant(report, granted));
    administrator.close();
    await also(lab, person);
    return { person, directory };
  };
}

function boundAs(account: (lab: LabAdministrator) => Promise<LabPerson>): Arrange {
  return async (lab) => ({
    person: await lab.person(),
    directory: openLabDirectory(lab.forest, await account(lab)),
  });
}

function at(address: (lab: LabAdministrator) => Promise<string>, timeouts = LONG_LIMITS): Arrange {
  return async (lab) => {
    const { hostName } = lab.forest;
    const directory = openLabDirectory(lab.forest, lab.forest.agentAccount, {
      controllers: [hostName],
      addresses: { [hostName]: await address(lab) },
      timeouts,
    });
    return { person: await lab.person(), directory };
  };
}

async function listening(lab: LabAdministrator, onConnection: (socket: Socket) => void): Promise<string> {
  const server: Server = createServer(onConnection);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  lab.afterwards(async () => void server.close());
  return `127.0.0.1:${(server.address() as { port: number }).port}`;
}
