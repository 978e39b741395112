import { readFile, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { LabError } from './forest/errors.ts';

/**
 * `.lab/lab.json`: what the lab is, for any tool that wants to use it. All paths are absolute. The file holds
 * passwords and is readable by its owner only.
 */
export type Lab = {
  version: 1;
  /** The folder that lab.json lies in. */
  folder: string;
  forests: LabForest[];
  ca: { certFile: string; keyFile: string };
  /** Written by whoever runs the demo, in the same process as the mailbox; null when nobody does. */
  mailbox: { smtp: { host: string; port: number }; url: string } | null;
  cloud: { url: string } | null;
};

export type LabForest = {
  name: string;
  realm: string;
  domain: string;
  netbiosName: string;
  baseDn: string;
  /** By name, for the certificate; nothing on the machine resolves it, so connect to `address`. */
  ldaps: string;
  hostName: string;
  address: string;
  dnsServer: string;
  caFile: string;
  krb5Config: string;
  sambaVersion: string;
  /** The OU whose users the agent account may reset. */
  peopleOu: string;
  administrator: LabAccount;
  agentAccount: LabAccount & { dn: string };
  people: LabPerson[];
};

export type LabAccount = { userName: string; userPrincipalName: string; password: string };

/**
 * `protected` is a direct member of Domain Admins, outside `peopleOu`; `nestedProtected` is one of Account
 * Operators through two groups, inside it: there the agent account has the rights and must not use them.
 */
export type LabPersonKind = (typeof KINDS)[number];

const KINDS = ['ordinary', 'protected', 'disabled', 'smartCard', 'nestedProtected'] as const;

export type LabPerson = LabAccount & {
  /**
   * The password that the person was made with. Demos and tests change passwords and do not write here;
   * `setPassword(forest, person.userName, person.password)` makes it true again.
   */
  password: string;
  displayName: string;
  givenName: string;
  surname: string;
  mail: string;
  dn: string;
  /** Lower-case text in Microsoft's order: the first three fields are little-endian in the attribute. */
  objectGuid: string;
  kind: LabPersonKind;
};

/** The lab of this checkout, unless HOMEWARD_LAB names another folder. */
export function labFolder(environment: Record<string, string | undefined> = process.env): string {
  const named = environment['HOMEWARD_LAB'];
  return named ? resolve(named) : resolve(import.meta.dirname, '..', '.lab');
}

export function labFile(folder: string): string {
  return join(folder, 'lab.json');
}

/** @throws {LabError} ERR_LAB_FILE_MISSING, or ERR_LAB_FILE_INVALID naming every problem by its path */
export async function readLab(file: string): Promise<Lab> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new LabError('ERR_LAB_FILE_MISSING', `There is no lab at ${file}. Start it with: make lab-up`, {
      cause,
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new LabError('ERR_LAB_FILE_INVALID', `${file} is not JSON. Start the lab again: make lab-up`, {
      cause,
    });
  }
  const problems = checkLab(value, '');
  if (problems.length > 0) {
    throw new LabError(
      'ERR_LAB_FILE_INVALID',
      `${file} does not describe a lab:\n  ${problems.join('\n  ')}`,
    );
  }
  return value as Lab;
}

/** Replaces the file whole, so that nobody ever reads half of it. */
export async function writeLab(lab: Lab): Promise<void> {
  await writePrivately(labFile(lab.folder), lab);
}

/** For a demo that says where its cloud and mailbox are: reads, changes, writes. */
export async function updateLab(file: string, change: Partial<Pick<Lab, 'mailbox' | 'cloud'>>): Promise<Lab> {
  const lab = { ...(await readLab(file)), ...change };
  await writeLab(lab);
  return lab;
}

export async function writePrivately(file: string, value: unknown): Promise<void> {
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  await rename(draft, file);
}

type Check = (value: unknown, path: string) => string[];

const text: Check = (value, path) =>
  typeof value === 'string' && value !== '' ? [] : [`${path}: must be a text`];
const port: Check = (value, path) => (Number.isInteger(value) ? [] : [`${path}: must be a port number`]);
const kind: Check = (value, path) =>
  KINDS.some((known) => known === value)
    ? []
    : [`${path}: must be ordinary, protected, disabled, smartCard or nestedProtected`];

function object(shape: Record<string, Check>): Check {
  return (value, path) => {
    if (!isRecord(value)) return [`${path || 'the file'}: must be an object`];
    return Object.entries(shape).flatMap(([key, check]) => check(value[key], path ? `${path}.${key}` : key));
  };
}

function listOf(check: Check): Check {
  return (value, path) =>
    Array.isArray(value)
      ? value.flatMap((item, index) => check(item, `${path}[${index}]`))
      : [`${path}: must be a list`];
}

function nullOr(check: Check): Check {
  return (value, path) => (value === null ? [] : check(value, path));
}

const ACCOUNT = { userName: text, userPrincipalName: text, password: text };

const checkLab = object({
  version: (value, path) => (value === 1 ? [] : [`${path}: must be 1`]),
  folder: text,
  forests: listOf(
    object({
      name: text,
      realm: text,
      domain: text,
      netbiosName: text,
      baseDn: text,
      ldaps: text,
      hostName: text,
      address: text,
      dnsServer: text,
      caFile: text,
      krb5Config: text,
      sambaVersion: text,
      peopleOu: text,
      administrator: object(ACCOUNT),
      agentAccount: object({ ...ACCOUNT, dn: text }),
      people: listOf(
        object({
          ...ACCOUNT,
          displayName: text,
          givenName: text,
          surname: text,
          mail: text,
          dn: text,
          objectGuid: text,
          kind,
        }),
      ),
    }),
  ),
  ca: object({ certFile: text, keyFile: text }),
  mailbox: nullOr(object({ smtp: object({ host: text, port }), url: text })),
  cloud: nullOr(object({ url: text })),
});

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
