/**
 * Both gates of an administrator: the password, then the code of the authenticator app. Known and unknown names
 * take the same steps and get the same answers; every try is counted before it is looked at, so that many at once
 * are counted too.
 */
import { addressGroup } from '../http/client-address.ts';
import { foldName } from '../people/names.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Stores } from '../store/store.ts';
import { readCode } from '../verify/email-code/check-code.ts';
import type { AccountDeps } from './admin-deps.ts';
import type { Administrator } from './administrator-store.ts';
import { unmatchedHash } from './password-hash.ts';
import { stepOfCode } from './totp.ts';

export type Limited = { kind: 'limited'; until: number } | { kind: 'busy' };
export type PasswordProof = { kind: 'proven'; administrator: Administrator } | { kind: 'wrong' } | Limited;
export type CodeProof = { kind: 'proven' } | { kind: 'wrong' } | { kind: 'usedBefore' } | Limited;

const DECOY = 'nobody';

export async function provePassword(
  deps: AccountDeps,
  typedName: string,
  password: string,
  clientAddress: string,
): Promise<PasswordProof> {
  const { store, secrets, hasher, tenant } = deps;
  const userName = foldName(typedName);
  const until = await countTry(deps, userName, clientAddress);
  const known = await store.administrators.byName(tenant.id, userName);
  const audited = auditedTry(deps, known?.id ?? null, clientAddress);
  if (until !== undefined) {
    await store.audit.append({ ...audited, activity: 'administratorBlocked', result: 'tooManyTries' });
    return { kind: 'limited', until };
  }
  const { id, passwordSealed } = known ?? decoyFor(secrets);
  const phc = secrets.unseal('administrator-password', id, passwordSealed).toString('utf8');
  const answer = await hasher.verify(password, phc);
  if (answer === 'busy') return { kind: 'busy' };
  const proven = answer === 'right' && known !== undefined;
  await store.audit.append({ ...audited, result: proven ? 'passwordRight' : 'passwordWrong' });
  return proven ? { kind: 'proven', administrator: known } : { kind: 'wrong' };
}

/** A code is good for one use, although it is shown for half a minute (RFC 6238 section 5.2). */
export async function proveCode(
  deps: AccountDeps,
  administrator: Administrator,
  typed: string,
  clientAddress: string,
): Promise<CodeProof> {
  const { store, secrets, clock } = deps;
  const { id, userName, totpSeedSealed } = administrator;
  const audited = auditedTry(deps, id, clientAddress);
  const until = await countTry(deps, userName, clientAddress);
  if (until !== undefined) {
    await store.audit.append({ ...audited, activity: 'administratorBlocked', result: 'tooManyTries' });
    return { kind: 'limited', until };
  }
  const code = readCode(typed);
  const seed = secrets.unseal('totp-seed', id, totpSeedSealed);
  const step = code === undefined ? undefined : stepOfCode(seed, code, clock());
  seed.fill(0);
  if (step === undefined) {
    await store.audit.append({ ...audited, result: 'totpWrong' });
    return { kind: 'wrong' };
  }
  return store.transaction(async ({ administrators, audit, throttle }) => {
    if (!(await administrators.useStep(id, step))) {
      await audit.append({ ...audited, result: 'totpUsedBefore' });
      return { kind: 'usedBefore' };
    }
    await throttle.clear(keysOf(deps, userName, clientAddress).ofName);
    await audit.append({ ...audited, result: 'success' });
    return { kind: 'proven' };
  });
}

/** A password is verified for a name that nobody has, too: against one that nobody knows. */
function decoyFor(secrets: Secrets) {
  const phc = Buffer.from(unmatchedHash(), 'utf8');
  return { id: DECOY, passwordSealed: secrets.seal('administrator-password', DECOY, phc) };
}

function auditedTry({ tenant, clock }: AccountDeps, actorId: string | null, clientAddress: string) {
  const activity = 'administratorSignIn' as const;
  return { tenantId: tenant.id, at: clock(), activity, actorId, clientAddress };
}

/** @returns until when this name or this address is refused, if it is */
function countTry(deps: AccountDeps, userName: string, clientAddress: string): Promise<number | undefined> {
  const { byName, byNameAndAddress, byAddress } = keysOf(deps, userName, clientAddress);
  const now = deps.clock();
  return deps.store.transaction(
    async ({ throttle }: Stores) =>
      (await throttle.take('administratorProofsFromAddress', byAddress, now)) ??
      (await throttle.take('administratorProofs', byNameAndAddress, now)) ??
      (await throttle.take('administratorProofsAnywhere', byName, now)),
  );
}

function keysOf({ secrets }: AccountDeps, userName: string, clientAddress: string) {
  const group = addressGroup(clientAddress);
  const byName = secrets.hmac('throttle-key', 'administrator', userName);
  const byNameAndAddress = secrets.hmac('throttle-key', 'administrator', userName, group);
  const byAddress = secrets.hmac('throttle-key', 'administrator-address', group);
  return { byName, byNameAndAddress, byAddress, ofName: [byName, byNameAndAddress] };
}
