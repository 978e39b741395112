import { toHex } from '@homeward/protocol/bytes';
import { decodeFrameHeader } from '@homeward/protocol/frame';
import type { Id } from '@homeward/protocol/id';
import { associatedData, KEY_ID_SIZE, RECIPIENT_SIZE } from '@homeward/protocol/inner-envelope';
import { OPERATIONS } from '@homeward/protocol/operation';
import { importPackageKey, unpack } from '@homeward/protocol/package';
import { decodeRequest } from '@homeward/protocol/request';

/** A sealed password as somebody has it who has everything of the cloud: its network, its database, its master key. */
export type CapturedRequest = { requestId: Id; inner: Buffer; associatedData: Uint8Array };

const SMALLEST_PACKAGE = 80;

/** All requests with a password among what was recorded, opened as far as the cloud's own key opens them. */
export async function capturedRequests(
  payloads: readonly Buffer[],
  tenantId: Id,
  rawPackageKey: Uint8Array<ArrayBuffer>,
): Promise<CapturedRequest[]> {
  const requests = payloads.filter((payload) => {
    if (payload.length < SMALLEST_PACKAGE) return false;
    try {
      return decodeFrameHeader(payload).type === 'request';
    } catch {
      return false;
    }
  });
  const opened = await Promise.all(
    requests.map(async (frame): Promise<CapturedRequest[]> => {
      const packageKey = await importPackageKey(toHex(frame.subarray(44, 52)), rawPackageKey);
      const { header, body } = await unpack(frame, tenantId, () => packageKey);
      const request = decodeRequest(body);
      if (OPERATIONS[request.operation].password === 'none') return [];
      const { inner } = request;
      const keyIds = Array.from({ length: inner[2] ?? 0 }, (_, slot) => {
        const at = 4 + RECIPIENT_SIZE * slot;
        return inner.subarray(at, at + KEY_ID_SIZE);
      });
      const binding = { ...request, tenantId, requestId: header.requestId };
      const bound = associatedData(inner.subarray(0, 4), binding, keyIds);
      return [{ requestId: header.requestId, inner: Buffer.from(inner), associatedData: bound }];
    }),
  );
  return opened.flat();
}
