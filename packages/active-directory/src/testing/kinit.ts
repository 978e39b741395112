import { spawn } from 'node:child_process';
import type { LabForest } from './lab-forest.ts';

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
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code === 0 ? 'accepted' : 'refused'));
    child.stdin.end(`${password}\n`);
  });
}
