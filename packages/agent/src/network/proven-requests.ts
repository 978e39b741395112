/** Requests that nobody can make who merely copied the credential: each is signed for itself (DPoP, RFC 9449). */
import { sha256, toBase64url } from '@homeward/protocol/bytes';
import type { Secret } from '@homeward/protocol/secret';
import { decodeJwt, errors, SignJWT } from 'jose';
import { AgentError } from '../errors.ts';
import type { AgentKeys } from '../keys/key-store.ts';

export type ProvenRequests = {
  /**
   * The headers `authorization` and `dpop` for one request, and for no other.
   * @throws {AgentError} ERR_CREDENTIAL_REFUSED, ERR_CLOUD_UNREACHABLE, and those of the proxy
   */
  authorize: (method: string, url: string) => Promise<Record<string, string>>;
  /** forgets the credential, so that the next one is fresh */
  discard: () => void;
};

export type ProofDeps = {
  /** every generation that this agent holds: a credential names the one that asked for it */
  keys: { readonly all: readonly Pick<AgentKeys, 'identity'>[] };
  /** Unix ms */
  now: () => number;
};

export function provenRequests(
  credential: { get: () => Promise<Secret<string>>; discard: () => void },
  { keys, now }: ProofDeps,
): ProvenRequests {
  const provable = async () => {
    const token = (await credential.get()).reveal();
    const named = keyNamedIn(token);
    const generation = keys.all.find(({ identity }) => toBase64url(identity.publicKey) === named);
    return generation && { token, identity: generation.identity };
  };
  const anew = () => {
    // Its generation was destroyed while the credential was on its way.
    credential.discard();
    return provable();
  };
  return {
    async authorize(method, url) {
      const held = (await provable()) ?? (await anew());
      if (held === undefined)
        throw new AgentError(
          'ERR_CREDENTIAL_REFUSED',
          'the cloud gave a credential that names no key of this agent',
        );
      const dpop = await proofOf({ ...held, method, url, now: now() });
      return { authorization: `DPoP ${held.token}`, dpop };
    },
    discard: () => credential.discard(),
  };
}

type Proof = {
  token: string;
  identity: AgentKeys['identity'];
  method: string;
  url: string;
  /** Unix ms */
  now: number;
};

/** RFC 9449 section 4.2 */
async function proofOf({ token, identity, method, url, now }: Proof): Promise<string> {
  const htu = new URL(url);
  htu.search = '';
  htu.hash = '';
  const ath = toBase64url(await sha256(Buffer.from(token)));
  return new SignJWT({ htm: method, htu: htu.href, ath })
    .setProtectedHeader({
      typ: 'dpop+jwt',
      alg: 'EdDSA',
      jwk: { kty: 'OKP', crv: 'Ed25519', x: toBase64url(identity.publicKey) },
    })
    .setJti(crypto.randomUUID())
    .setIssuedAt(Math.floor(now / 1_000))
    .sign(identity.privateKey);
}

/** `cnf.jwk.x` of a credential (RFC 7800) */
function keyNamedIn(token: string): string | undefined {
  try {
    const { cnf } = decodeJwt<{ cnf?: { jwk?: { x?: string } } }>(token);
    return cnf?.jwk?.x;
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}
