import type { LabPersonKind } from '../lab-file.ts';

/**
 * What a forest shall be, as data. `createForest` makes it so; nothing here is secret, and two forests made from
 * the same description differ only in passwords, identifiers and addresses.
 *
 * A place in the directory is written as the names from the domain down, `['People', 'Sales, EMEA']`, never as a
 * DN: whoever creates it leaves the escaping of `, + " \ < > ; = / #` to the directory's own library.
 */
export type ForestDescription = {
  /** Short name, also the name of its folder in the lab. */
  name: string;
  realm: string;
  netbiosName: string;
  /** First label of the domain controller's name. */
  controller: string;
  samba: SambaRelease;
  /**
   * Its controllers resolve names by the forest's own DNS, as replication between several needs. That takes mounts, and
   * so the capability SYS_ADMIN.
   */
  severalControllers?: true;
  /** Attributes of mailboxes that a mail product would add to the schema: their owner's SID, and their alias. */
  mailboxSchema?: true;
  organizationalUnits: string[][];
  /** The agent account has its rights on the users below this one. */
  peopleOu: string[];
  agentAccount: { userName: string; displayName: string; ou: string[] };
  passwordPolicy: PasswordPolicy;
  passwordSettings: PasswordSettingsDescription[];
  groups: GroupDescription[];
  people: PersonDescription[];
};

/** `system` is the machine's own, Debian 12's; `forky` is a later one, which offers policy hints. */
export type SambaRelease = 'system' | 'forky';

export type PasswordPolicy = {
  complexity: boolean;
  minimumLength: number;
  historyLength: number;
  minimumAgeDays: number;
  /** 0 for never, so that a lab which was left alone for months still knows its passwords. */
  maximumAgeDays: number;
  /** Wrong passwords until an account locks; 0 for never. */
  lockoutThreshold: number;
};

/** A PSO: the policy of these groups' members in place of the domain's. */
export type PasswordSettingsDescription = PasswordPolicy & {
  name: string;
  /** The lowest wins where several apply. */
  precedence: number;
  appliesTo: string[];
};

export type GroupDescription = { name: string; ou: string[]; description: string; memberOf: string[] };

export type PersonDescription = {
  userName: string;
  /** The RDN; the display name unless the description says otherwise. */
  commonName: string;
  givenName: string;
  surname: string;
  displayName: string;
  ou: string[];
  title: string;
  department: string;
  telephoneNumber: string;
  mobile: string;
  memberOf: string[];
  kind: LabPersonKind;
};

export function domainOf(description: Pick<ForestDescription, 'realm'>): string {
  return description.realm.toLowerCase();
}

export function baseDnOf(description: Pick<ForestDescription, 'realm'>): string {
  return domainOf(description)
    .split('.')
    .map((label) => `DC=${label}`)
    .join(',');
}
