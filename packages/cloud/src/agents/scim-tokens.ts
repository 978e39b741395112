/** The short-lived tokens by which agents speak SCIM. */
import { errors, jwtVerify } from 'jose';
import type { Clock } from '../clock.ts';
import type { ScimCaller } from '../scim/agent-tokens.ts';
import type { AgentRegistry } from './agent-registry.ts';
import { keyNamedBy, type SigningKeys } from './signing-key.ts';

export type ScimSettings = {
  signingKeys: SigningKeys;
  issuer: string;
  audience: string;
  registry: AgentRegistry;
  clock: Clock;
};

/** @returns undefined for one that is not ours, not for SCIM, too old, or of an agent that is revoked */
export async function verifyScimToken(
  token: string,
  { signingKeys, issuer, audience, registry, clock }: ScimSettings,
): Promise<ScimCaller | undefined> {
  try {
    const currentDate = new Date(clock());
    const { payload } = await jwtVerify(token, keyNamedBy(signingKeys), {
      algorithms: ['EdDSA'],
      issuer,
      audience,
      currentDate,
    });
    const agent = registry.get(payload.sub ?? '');
    if (agent === undefined) return undefined;
    // Not in the token: it goes in a header, and as many SIDs as an agent may have are longer than all headers may be.
    const forests = agent.forests.map(({ sid }) => sid);
    return { agentId: agent.id, tenantId: agent.tenantId, forests };
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}
