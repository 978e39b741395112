import { escapeFilter } from 'ldapts';
import { sidOf, sidsOf, textOf } from './entry.ts';
import { DirectoryError } from './errors.ts';
import type { Token } from './evaluate-rights.ts';
import { readIdentity } from './read-identity.ts';
import type { Session } from './session-pool.ts';

/** Who was asked about: the account of the connection. */
export type Trustee = { sid: string /** `CORP\svc-homeward` */; name: string };

/** The token of this connection ([MS-ADTS] 3.1.1.3.2.24). It was made at the bind and does not change. */
export async function readToken(session: Session): Promise<Token> {
  const root = await session.connection.read('', ['tokenGroups']);
  const sids = root ? sidsOf(root, 'tokenGroups') : [];
  if (sids.length === 0)
    throw new DirectoryError(
      'ERR_DIRECTORY_DATA',
      `${session.facts.host} does not show the token of this connection.`,
    );
  return new Set(sids);
}

export async function readTrustee(session: Session, account: string): Promise<Trustee> {
  const local = account.replace(/@.*$/s, '');
  const found = await session.connection.search({
    base: session.facts.baseDn,
    filter: escapeFilter`(|(userPrincipalName=${account})(sAMAccountName=${local}))`,
    attributes: ['objectSid', 'userPrincipalName', 'sAMAccountName'],
  });
  const byName = found.find(
    (one) => textOf(one, 'userPrincipalName')?.toLowerCase() === account.toLowerCase(),
  );
  const entry = byName ?? found[0];
  const sid = entry && sidOf(entry, 'objectSid');
  if (!entry || !sid)
    throw new DirectoryError('ERR_DIRECTORY_DATA', `${account} is not found in its own domain.`);
  const { netbiosName } = await readIdentity(session, session.facts.baseDn);
  return { sid, name: `${netbiosName}\\${textOf(entry, 'sAMAccountName') ?? local}` };
}
