import { InvalidCredentialsError } from 'ldapts';
import { type LdapsAddress, ldapsClient } from './ldaps-connection.ts';
import type { PasswordProof } from './password-proof.ts';

/**
 * Tries a simple bind over LDAPS. A controller also accepts the *previous* password for an hour after a reset, so
 * this proves that a password works, never that an old one is dead: use `provePasswordByKinit` for that.
 */
export async function provePasswordByBind(
  forest: LdapsAddress,
  userPrincipalName: string,
  password: string,
): Promise<PasswordProof> {
  const client = await ldapsClient(forest);
  try {
    await client.bind(userPrincipalName, password);
    return 'accepted';
  } catch (error) {
    if (error instanceof InvalidCredentialsError) return 'refused';
    return { unavailable: error instanceof Error ? error.message : String(error) };
  } finally {
    await client.unbind().catch(() => {});
  }
}
