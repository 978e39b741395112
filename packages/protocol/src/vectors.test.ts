import { expect, test } from 'vitest';
import vectors from '../vectors/v1.json' with { type: 'json' };
import { fromHex, sha256, toHex } from './bytes.ts';
import { passwordKeyId, type SealBinding } from './inner-envelope.ts';
import { importPasswordKey, open } from './open.ts';
import { importPackageKey, unpack } from './package.ts';
import { verifyReply } from './reply.ts';
import { decodeRequest } from './request.ts';

const packageKey = await importPackageKey(vectors.packageKey.id, fromHex(vectors.packageKey.raw));
const keyOf = () => packageKey;
const passwordKeys = await Promise.all(
  vectors.passwordKeys.map(async ({ spki, pkcs8 }) => ({
    id: toHex(await passwordKeyId(fromHex(spki))),
    key: await importPasswordKey(fromHex(pkcs8)),
  })),
);

test.each(vectors.requests)(
  'the frozen request "$name" still opens',
  async ({ binding, passwords, frame }) => {
    const bound = binding as SealBinding;
    const { header, body } = await unpack(fromHex(frame), vectors.tenantId, keyOf);
    expect(header).toEqual({
      type: 'request',
      agentId: vectors.agentId,
      requestId: bound.requestId,
      expires: bound.expires,
    });
    const request = decodeRequest(body);
    expect(request).toMatchObject({
      operation: bound.operation,
      flags: bound.flags,
      cloudAnchor: bound.cloudAnchor,
    });
    const [first] = passwordKeys;
    const opened = await open(request.inner, bound, (id) => (id === first?.id ? first.key : undefined));
    expect({ next: opened.next?.reveal(), current: opened.current?.reveal() }).toEqual({
      current: undefined,
      ...passwords,
    });
  },
);

test('every recipient of a frozen request opens it', async () => {
  const double = vectors.requests.filter(({ frame }) => frame.length > 1_600);
  expect(double.length).toBeGreaterThan(0);
  for (const { binding, passwords, frame } of double) {
    const { body } = await unpack(fromHex(frame), vectors.tenantId, keyOf);
    const second = passwordKeys[1];
    const opened = await open(decodeRequest(body).inner, binding as SealBinding, (id) =>
      id === second?.id ? second.key : undefined,
    );
    expect(opened.next?.reveal()).toBe(passwords.next);
  }
});

test.each(vectors.replies)(
  'the frozen reply to $requestId still verifies',
  async ({ requestId, inner, reply, frame }) => {
    expect(frame.length / 2).toBe(400);
    const { body } = await unpack(fromHex(frame), vectors.tenantId, keyOf);
    const identity = await crypto.subtle.importKey(
      'raw',
      fromHex(vectors.identityPublicKey),
      'Ed25519',
      true,
      ['verify'],
    );
    const binding = {
      tenantId: vectors.tenantId,
      agentId: vectors.agentId,
      requestId,
      sealedDigest: await sha256(fromHex(inner)),
    };
    expect(await verifyReply(body, binding, identity)).toEqual(reply);
  },
);
