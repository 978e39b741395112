/** A request's bytes, from package to passwords. What cannot be read is undefined: why is nobody's business outside. */
import type { Bytes } from '@homeward/protocol/bytes';
import { ProtocolError } from '@homeward/protocol/errors';
import { open } from '@homeward/protocol/open';
import { OPERATIONS } from '@homeward/protocol/operation';
import { decodeRequest, type RequestBody } from '@homeward/protocol/request';
import type { ServeDeps } from './serve-deps.ts';

export type Passwords = Awaited<ReturnType<typeof open>>;

export function readRequest(body: Bytes): RequestBody | undefined {
  try {
    return decodeRequest(body);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

/** All that does not open is one answer, without saying why. */
export async function openPasswords(
  { tenantId, keys }: Pick<ServeDeps, 'tenantId' | 'keys'>,
  requestId: string,
  request: RequestBody,
): Promise<Passwords | undefined> {
  if (OPERATIONS[request.operation].password === 'none') return {};
  try {
    return await open(
      request.inner,
      { ...request, tenantId, requestId },
      (id) => keys.byPasswordKeyId(id)?.password.privateKey,
    );
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
