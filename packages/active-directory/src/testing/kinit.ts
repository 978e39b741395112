import { spawn } from 'node:child_process';
import type { LabForest } from './lab-forest.ts';

/** MIT's words for a wrong password, without and with a ticket for it. A controller that is away says neither. */
const REFUSED = /Password incorrect|Preauthentication failed/;

/**
 * Proves a password by Kerberos. A refusal is final there, while LDAP takes the previous password for an hour
 * after a reset.
 */
export function provedByKinit(
  forest: LabForest,
  userName: string,
  password: string,
): Promise<'accepted' | 'refused'> {
  return new Promise((resolve, reject) => {
    const child = spawn('kinit', ['-c', `MEMORY:${userName}`, `${userName}@${forest.domain.toUpperCase()}`], {
      env: { ...process.env, KRB5_CONFIG: forest.krb5Config, LC_ALL: 'C' },
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve('accepted');
      else if (REFUSED.test(said)) resolve('refused');
      else reject(new Error(`kinit: ${said}`));
    });
    // Who is refused before the password is asked for does not read it.
    child.stdin.on('error', () => {});
    child.stdin.end(`${password}\n`);
  });
}
