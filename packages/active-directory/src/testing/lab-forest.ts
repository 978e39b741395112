import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Password } from '@homeward/protocol/password';
import { Secret } from '@homeward/protocol/secret';
import { Attribute, Change, Client } from 'ldapts';
import { MASK } from '../access-check.ts';
import { quotedPassword } from '../account-change.ts';
import { type Directory, openDirectory } from '../directory.ts';
import { escapeDnValue } from '../distinguished-name.ts';
import { guidFromBytes } from '../guid.ts';
import { PARTS, SecurityDescriptorFlagsControl } from '../read-descriptor.ts';
import {
  ACE_FLAG,
  type Ace,
  DESCRIPTOR,
  parseSecurityDescriptor,
  printSecurityDescriptor,
  type SecurityDescriptor,
} from '../security-descriptor.ts';
import type { DirectorySettings } from '../settings.ts';
import { sidFromBytes } from '../sid.ts';
import { ownLabFolder } from './own-lab.ts';

/** What of the lab's own description the tests of this package use. */
export type LabForest = {
  domain: string;
  netbiosName: string;
  baseDn: string;
  hostName: string;
  address: string;
  dnsServer: string;
  caFile: string;
  krb5Config: string;
  sambaVersion: string;
  peopleOu: string;
  administrator: LabAccount;
  agentAccount: LabAccount;
  people: (LabAccount & { dn: string; objectGuid: string; kind: string })[];
};
export type LabAccount = { userName: string; userPrincipalName: string; password: string };

/** Of the lab that the tests of this worker have to themselves. */
export function labForests(): LabForest[] {
  return JSON.parse(readFileSync(join(ownLabFolder(), 'lab.json'), 'utf8')).forests;
}

/** Samba enforces history on a reset from 4.24 on. */
export function offersPolicyHints(forest: LabForest): boolean {
  const [major = 0, minor = 0] = forest.sambaVersion.split('.').map(Number);
  return major > 4 || (major === 4 && minor >= 24);
}

export const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
export const clock = { now: () => Date.now() };

/** ms. For directories of tests whose subject is not a limit: the controller may be busy with other tests. */
export const PATIENT = {
  dns: 20_000,
  connect: 20_000,
  bind: 20_000,
  read: 20_000,
  queue: 60_000,
};

export function openLabDirectory(
  forest: LabForest,
  account: Pick<LabAccount, 'userPrincipalName' | 'password'> = forest.agentAccount,
  more: Partial<DirectorySettings> = {},
  time = clock,
): Directory {
  return openDirectory(
    {
      domain: forest.domain,
      dnsServers: [forest.dnsServer],
      ca: readFileSync(forest.caFile, 'utf8'),
      account: { userPrincipalName: account.userPrincipalName, password: new Secret(account.password) },
      ...more,
      timeouts: { ...PATIENT, ...more.timeouts },
    },
    { clock: time, log: quiet },
  );
}

export type LabPerson = {
  objectGuid: string;
  dn: string;
  userName: string;
  userPrincipalName: string;
  password: string;
};

/** Makes what a test needs with the administrator's rights, and takes it away again. */
export class LabAdministrator {
  readonly forest: LabForest;
  readonly ou: string;
  readonly client: Client;
  #count = 0;
  readonly #cleanups: (() => Promise<unknown>)[] = [];

  private constructor(forest: LabForest, client: Client, ou: string) {
    this.forest = forest;
    this.client = client;
    this.ou = ou;
  }

  /** With an OU of its own, where the agent's account has its rights by inheritance. */
  static async open(forest: LabForest, name: string): Promise<LabAdministrator> {
    const client = new Client({
      url: `ldaps://${forest.address}`,
      timeout: 20_000,
      tlsOptions: { ca: readFileSync(forest.caFile, 'utf8'), servername: forest.hostName },
    });
    await client.bind(forest.administrator.userPrincipalName, forest.administrator.password);
    const ou = `OU=${escapeDnValue(`${name} ${Date.now().toString(36)}`)},${forest.peopleOu}`;
    await client.add(ou, { objectClass: 'organizationalUnit' });
    const lab = new LabAdministrator(forest, client, ou);
    // One of the lab's forests has a minimum age, which nearly every test would run into.
    await lab.domainPolicy({ minPwdAge: '0' });
    return lab;
  }

  async close(): Promise<void> {
    for (const cleanup of this.#cleanups.reverse()) await cleanup();
    const { searchEntries } = await this.client.search(this.ou, { attributes: ['1.1'], paged: true });
    const deepest = searchEntries.map((entry) => entry.dn).sort((a, b) => b.length - a.length);
    for (const dn of deepest) await this.client.del(dn);
    await this.client.unbind();
  }

  afterwards(cleanup: () => Promise<unknown>): void {
    this.#cleanups.push(cleanup);
  }

  /** An enabled person with a known password; `attributes` go over the defaults. */
  async person(
    attributes: Record<string, string> = {},
    place: { cn?: string; ou?: string } = {},
  ): Promise<LabPerson> {
    const userName = `t${Date.now().toString(36)}${this.#count++}`;
    const password = `Start-${crypto.randomUUID()}`;
    const dn = `CN=${escapeDnValue(place.cn ?? userName)},${place.ou ?? this.ou}`;
    const userPrincipalName = `${userName}@${this.forest.domain}`;
    await this.client.add(dn, {
      objectClass: 'user',
      sAMAccountName: userName,
      userPrincipalName,
      userAccountControl: '512',
      unicodePwd: quotedPassword(Password.of(password)) as never,
      ...attributes,
    });
    const { searchEntries } = await this.client.search(dn, {
      scope: 'base',
      attributes: ['objectGUID'],
      explicitBufferAttributes: ['objectGUID'],
    });
    const bytes = searchEntries[0]?.['objectGUID'];
    const objectGuid = guidFromBytes(bytes as Buffer);
    return { objectGuid, dn, userName, userPrincipalName, password };
  }

  async organizationalUnit(name: string): Promise<{ ou: string }> {
    const ou = `OU=${escapeDnValue(name)},${this.ou}`;
    await this.client.add(ou, { objectClass: 'organizationalUnit' });
    return { ou };
  }

  async replace(dn: string, attributes: Record<string, string | string[]>): Promise<void> {
    const changes = Object.entries(attributes).map(
      ([type, value]) =>
        new Change({
          operation: 'replace',
          modification: new Attribute({ type, values: Array.isArray(value) ? value : [value] }),
        }),
    );
    await this.client.modify(dn, changes);
  }

  /** As bytes where `binary`, else as text; undefined where there is no value. */
  async read(dn: string, attribute: string): Promise<string | undefined> {
    const { searchEntries } = await this.client.search(dn, { scope: 'base', attributes: [attribute] });
    const value = searchEntries[0]?.[attribute];
    return value === undefined || (Array.isArray(value) && value.length === 0) ? undefined : String(value);
  }

  /** For a while: the domain's own policy is everybody's. */
  async domainPolicy(attributes: Record<string, string>): Promise<void> {
    const { baseDn } = this.forest;
    const before: Record<string, string> = {};
    for (const name of Object.keys(attributes)) before[name] = (await this.read(baseDn, name)) ?? '0';
    this.afterwards(() => this.replace(baseDn, before));
    await this.replace(baseDn, attributes);
  }

  /** A fine-grained policy for these people, away again at the end. */
  async pso(attributes: Record<string, string>, people: readonly LabPerson[]): Promise<string> {
    const dn = `CN=Test ${crypto.randomUUID().slice(0, 8)},CN=Password Settings Container,CN=System,${this.forest.baseDn}`;
    await this.client.add(dn, {
      objectClass: 'msDS-PasswordSettings',
      'msDS-PasswordSettingsPrecedence': '1',
      'msDS-PasswordReversibleEncryptionEnabled': 'FALSE',
      'msDS-PasswordHistoryLength': '24',
      'msDS-PasswordComplexityEnabled': 'TRUE',
      'msDS-MinimumPasswordLength': '8',
      'msDS-MinimumPasswordAge': '0',
      'msDS-MaximumPasswordAge': '-9223372036854775808',
      'msDS-LockoutThreshold': '0',
      'msDS-LockoutObservationWindow': '-18000000000',
      'msDS-LockoutDuration': '-18000000000',
      ...attributes,
    });
    this.afterwards(() => this.client.del(dn));
    await this.replace(dn, { 'msDS-PSOAppliesTo': people.map((person) => person.dn) });
    return dn;
  }

  async sidOf(person: LabPerson): Promise<string> {
    const { searchEntries } = await this.client.search(person.dn, {
      scope: 'base',
      attributes: ['objectSid'],
      explicitBufferAttributes: ['objectSid'],
    });
    return sidFromBytes(searchEntries[0]?.['objectSid'] as Buffer);
  }

  /** An explicit denial of an extended right, in front of everything else. */
  async denyOn(dn: string, sid: string, objectType: string): Promise<void> {
    await this.#deny(dn, { kind: 'deny', flags: 0, mask: MASK.controlAccess, sid, objectType });
  }

  /** The same for all attributes. */
  async denyWritingOn(dn: string, sid: string): Promise<void> {
    await this.#deny(dn, { kind: 'deny', flags: 0, mask: MASK.writeProperty, sid });
  }

  async #deny(dn: string, ace: Ace): Promise<void> {
    await this.#changeDescriptor(dn, ({ control, dacl }) => ({
      control,
      dacl: { revision: 4, aces: [ace, ...(dacl?.aces ?? [])] },
    }));
  }

  async blockInheritance(dn: string): Promise<void> {
    await this.#changeDescriptor(dn, ({ control, dacl }) => ({
      control: control | DESCRIPTOR.daclProtected,
      dacl: {
        revision: 4,
        aces: (dacl?.aces ?? []).filter(
          (ace) => ace.kind === 'other' || (ace.flags & ACE_FLAG.inherited) === 0,
        ),
      },
    }));
  }

  async #changeDescriptor(
    dn: string,
    change: (before: SecurityDescriptor) => SecurityDescriptor,
  ): Promise<void> {
    const flags = new SecurityDescriptorFlagsControl(PARTS.dacl);
    const { searchEntries } = await this.client.search(
      dn,
      {
        scope: 'base',
        attributes: ['nTSecurityDescriptor'],
        explicitBufferAttributes: ['nTSecurityDescriptor'],
      },
      flags,
    );
    const before = parseSecurityDescriptor(searchEntries[0]?.['nTSecurityDescriptor'] as Buffer);
    const values = [printSecurityDescriptor(change(before))];
    const modification = new Attribute({ type: 'nTSecurityDescriptor', values });
    await this.client.modify(dn, [new Change({ operation: 'replace', modification })], flags);
  }

  /** Three wrong binds where a PSO allows two. */
  async lock(person: LabPerson): Promise<void> {
    await this.pso({ 'msDS-LockoutThreshold': '2' }, [person]);
    for (let attempt = 0; attempt < 3; attempt++) {
      const client = new Client({
        url: `ldaps://${this.forest.address}`,
        tlsOptions: { ca: readFileSync(this.forest.caFile, 'utf8'), servername: this.forest.hostName },
      });
      await client.bind(person.userPrincipalName, 'Wrong-Password-1').catch(() => {});
      await client.unbind();
    }
  }
}
