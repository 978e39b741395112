/** For tests: provisioning as an agent does it, proven with a key. */
import { newProver, proofOf, unsignedCredential } from '../agents/prover.fixture.ts';
import type { TestCloud } from '../testing/test-cloud.ts';

export const prover = await newProver();

/** @param path below `/scim/v2/` @param agent by what name the agents' side of the test knows the credential */
export async function askAsAgent(
  cloud: TestCloud,
  path: string,
  body?: string,
  agent = 'agent-token',
): Promise<Response> {
  const credential = unsignedCredential(prover, agent);
  const method = body === undefined ? 'GET' : 'POST';
  const url = `${cloud.config.publicUrl}/scim/v2/${path}`.replace(/\?.*/, '');
  const dpop = await proofOf(prover, { credential, method, url, now: cloud.clock.now });
  const type = body !== undefined && { 'content-type': 'application/scim+json' };
  return fetch(`${cloud.url}/scim/v2/${path}`, {
    method,
    headers: { authorization: `DPoP ${credential}`, dpop, ...type },
    ...(body !== undefined && { body }),
  });
}
