import { randomBytes, randomInt } from 'node:crypto';
import { newId } from '@homeward/protocol/id';
import { Secret } from '@homeward/protocol/secret';
import { foldName } from '../people/names.ts';
import type { AccountDeps } from './admin-deps.ts';
import { otpauthUri, SEED_SIZE } from './totp.ts';

export const MIN_PASSWORD = 12;
const MAX_PASSWORD = 256;
/** no vowels, no look-alikes */
const LETTERS = 'bcdfghjkmnpqrstvwxz23456789';

export type NewAdministrator = { userName: string; mail?: string | undefined; password?: string | undefined };

export type CreateProblem =
  | 'userNameMalformed'
  | 'mailMalformed'
  | 'passwordTooShort'
  | 'passwordTooLong'
  | 'passwordHasUserName'
  | 'inDirectory'
  | 'exists'
  | 'busy';

export type Created =
  | {
      kind: 'created';
      userName: string;
      /** only where it was made here */
      password?: Secret<string>;
      otpauthUri: Secret<string>;
    }
  | { kind: 'refused'; problem: CreateProblem };

/** Whoever can reach the control socket is an administrator of the machine; the account is made at once. */
export async function createAdministrator(deps: AccountDeps, asked: NewAdministrator): Promise<Created> {
  const { store, secrets, hasher, tenant, clock } = deps;
  const userName = foldName(asked.userName);
  const mail = asked.mail?.trim() || null;
  const problem = problemOf(userName, mail, asked.password);
  if (problem) return { kind: 'refused', problem };
  const made = asked.password === undefined ? inventPassword() : undefined;
  const phc = await hasher.hash(made ?? asked.password ?? '');
  if (phc === 'busy') return { kind: 'refused', problem: 'busy' };

  const id = newId();
  const seed = randomBytes(SEED_SIZE);
  const now = clock();
  const refused = await store.transaction(async ({ administrators, audit }) => {
    if (await administrators.isInDirectory(tenant.id, userName)) return 'inDirectory' as const;
    if (await administrators.byName(tenant.id, userName)) return 'exists' as const;
    await administrators.insert({
      id,
      tenantId: tenant.id,
      userName,
      mail,
      passwordSealed: secrets.seal('administrator-password', id, Buffer.from(phc, 'utf8')),
      totpSeedSealed: secrets.seal('totp-seed', id, seed),
      totpLastStep: 0,
      createdAt: now,
      lastSignedInAt: null,
      disabledAt: null,
    });
    await audit.append({
      tenantId: tenant.id,
      at: now,
      activity: 'addAdministrator',
      result: 'success',
      actorId: id,
    });
    return undefined;
  });
  if (refused) return { kind: 'refused', problem: refused };
  deps.log.info({ administrator: id }, 'an administrator was made');
  const uri = otpauthUri(seed, { issuer: tenant.name, label: userName });
  seed.fill(0);
  return {
    kind: 'created',
    userName,
    ...(made !== undefined && { password: new Secret(made) }),
    otpauthUri: new Secret(uri),
  };
}

export type ListedAdministrator = {
  userName: string;
  mail: string | null;
  createdAt: number;
  lastSignedInAt: number | null;
  disabledAt: number | null;
};

export async function listAdministrators({ store, tenant }: AccountDeps): Promise<ListedAdministrator[]> {
  const all = await store.administrators.all(tenant.id);
  return all.map(({ userName, mail, createdAt, lastSignedInAt, disabledAt }) => ({
    userName,
    mail,
    createdAt,
    lastSignedInAt,
    disabledAt,
  }));
}

/** Ends every session of the account. @returns how many may still sign in; undefined where nobody is called that */
export async function disableAdministrator(
  { store, tenant, clock, log }: AccountDeps,
  typedName: string,
): Promise<number | undefined> {
  const userName = foldName(typedName);
  const now = clock();
  return store.transaction(async ({ administrators, audit }) => {
    const one = await administrators.byName(tenant.id, userName);
    if (one === undefined || !(await administrators.disable(tenant.id, userName, now))) return undefined;
    await audit.append({
      tenantId: tenant.id,
      at: now,
      activity: 'disableAdministrator',
      result: 'success',
      actorId: one.id,
    });
    log.info({ administrator: one.id }, 'an administrator was disabled');
    const left = await administrators.all(tenant.id);
    return left.filter(({ disabledAt }) => disabledAt === null).length;
  });
}

function problemOf(
  userName: string,
  mail: string | null,
  password: string | undefined,
): CreateProblem | undefined {
  if (!/^[a-z0-9][a-z0-9._@-]{1,63}$/.test(userName)) return 'userNameMalformed';
  if (mail !== null && !/^[^@\s]{1,64}@[^@\s]{1,255}$/.test(mail)) return 'mailMalformed';
  if (password === undefined) return undefined;
  if (password.length < MIN_PASSWORD) return 'passwordTooShort';
  if (password.length > MAX_PASSWORD) return 'passwordTooLong';
  return password.toLowerCase().includes(userName) ? 'passwordHasUserName' : undefined;
}

/** 20 of 27 characters: 95 bits. */
function inventPassword(): string {
  const group = () => Array.from({ length: 5 }, () => LETTERS[randomInt(LETTERS.length)]).join('');
  return [group(), group(), group(), group()].join('-');
}
