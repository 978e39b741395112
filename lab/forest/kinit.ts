import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LabForest } from '../lab-file.ts';
import type { PasswordProof } from './password-proof.ts';
import { runCommand } from './run-command.ts';

/** MIT Kerberos counts the protocol's error codes (RFC 4120 section 7.5.9) from here. */
const KRB5_ERROR_BASE = -1765328384;
const PREAUTHENTICATION_FAILED = 24;

/**
 * Proves a password by asking the forest's KDC for a ticket with it, with a configuration and a ticket cache of its
 * own. The ticket is for the password-change service: that one is given too when the password must be changed first.
 *
 * `refused` means that the KDC said the password is wrong, never merely that there was no ticket: a disabled account
 * or a controller that does not answer is `unavailable`. So it can prove that an old password is dead, which an LDAP
 * bind cannot (a controller accepts the previous one for an hour after a reset). For an account that must sign in
 * with a smart card Samba's KDC refuses every password, also the right one.
 */
export async function provePasswordByKinit(
  forest: Pick<LabForest, 'krb5Config'>,
  userPrincipalName: string,
  password: string,
): Promise<PasswordProof> {
  const folder = await mkdtemp(join(tmpdir(), 'homeward-kinit-'));
  const trace = join(folder, 'trace');
  try {
    const { code, stderr } = await runCommand('kinit', ['-E', '-S', 'kadmin/changepw', userPrincipalName], {
      input: `${password}\n`,
      environment: {
        KRB5_CONFIG: forest.krb5Config,
        KRB5CCNAME: `FILE:${join(folder, 'tickets')}`,
        // Names each error by its number; what kinit prints by itself is a sentence in the caller's language.
        KRB5_TRACE: trace,
      },
      timeoutMs: 60_000,
    });
    if (code === 0) return 'accepted';
    if (kdcErrors(await readFile(trace, 'utf8')).includes(PREAUTHENTICATION_FAILED)) return 'refused';
    return { unavailable: stderr.trimEnd().split('\n').at(-1) ?? `kinit ended with ${code}` };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function kdcErrors(trace: string): number[] {
  return [...trace.matchAll(/Received error from KDC: (-\d+)/g)].map(
    ([, code]) => Number(code) - KRB5_ERROR_BASE,
  );
}
