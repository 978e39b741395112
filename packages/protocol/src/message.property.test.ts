import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { randomBytes, toHex } from './bytes.ts';
import { ProtocolError } from './errors.ts';
import { decodeFrameHeader, type FrameHeader, MAX_FRAME_SIZE } from './frame.ts';
import { newId } from './id.ts';
import { open } from './open.ts';
import { OPERATIONS, type Operation } from './operation.ts';
import {
  CHARACTER_KINDS,
  EVIDENCE,
  NOTES,
  OUTCOMES,
  type Outcome,
  type OutcomeKind,
  RULES,
} from './outcome.ts';
import { importPackageKey, type PackageKey, pack, unpack } from './package.ts';
import type { PersonPolicy } from './policy.ts';
import { decodeReply, encodeReply, signReply, verifyReply } from './reply.ts';
import { decodeRequest, encodeRequest, type RequestBody } from './request.ts';

const id = fc.uuid({ version: 4 });
const time = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const bytes = (constraints: fc.IntArrayConstraints) =>
  fc.uint8Array(constraints).map((array) => new Uint8Array(array));
const subset = <Name extends string>(table: Record<Name, number>) =>
  fc.subarray(Object.keys(table) as Name[]);

const request: fc.Arbitrary<RequestBody> = fc
  .record({
    operation: fc.constantFrom(...(Object.keys(OPERATIONS) as Operation[])),
    flags: fc.integer({ min: 0, max: 7 }),
    cloudAnchor: id,
    actorId: id,
    issued: time,
    expires: time,
    sealed: bytes({ minLength: 1, maxLength: 1_600 }),
  })
  .map(({ sealed, ...rest }) => ({
    ...rest,
    inner: OPERATIONS[rest.operation].password === 'none' ? new Uint8Array(0) : sealed,
  }));

const version = fc.integer({ min: 1, max: 0xffff_ffff });
const evidence = fc.record(
  {
    kind: fc
      .constantFrom(...(Object.keys(EVIDENCE) as (keyof typeof EVIDENCE)[]))
      .filter((kind) => kind !== 'none'),
    versionBefore: version,
    versionAfter: version,
    writtenAt: time,
    invocationId: fc.uint8Array({ minLength: 16, maxLength: 16, min: 1 }).map(toHex),
  },
  { requiredKeys: ['kind'] },
);
const count = fc.integer({ min: 1, max: 255 });
const refusal = fc
  .record(
    {
      rules: subset(RULES),
      minimumLength: count,
      missingKinds: subset(CHARACTER_KINDS),
      historyLength: count,
      retryAt: time,
    },
    { requiredKeys: ['rules'] },
  )
  .filter(({ missingKinds }) => missingKinds === undefined || missingKinds.length > 0);
const plainKinds = (Object.keys(OUTCOMES) as OutcomeKind[]).filter((kind) => kind !== 'refusedByPolicy');
const outcome = fc.oneof(
  fc.record(
    { kind: fc.constant('refusedByPolicy' as const), refusal, evidence },
    { requiredKeys: ['kind', 'refusal'] },
  ),
  fc.record(
    {
      kind: fc.constantFrom(...plainKinds),
      evidence,
      retryAt: time,
      notes: subset(NOTES).filter((notes) => notes.length > 0),
    },
    { requiredKeys: ['kind'] },
  ),
) as fc.Arbitrary<Outcome>;

const age = fc.integer({ min: 1, max: 0xffff_ffff });
const policy: fc.Arbitrary<PersonPolicy> = fc.record(
  {
    source: fc.constantFrom('domain' as const, 'pso' as const),
    mustChange: fc.boolean(),
    holdsOnReset: fc.boolean(),
    nextChangeAllowedAt: time,
    expiresAt: time,
    rules: fc.record(
      {
        minimumLength: fc.integer({ min: 0, max: 255 }),
        complexity: fc.boolean(),
        historyLength: fc.integer({ min: 0, max: 255 }),
        minimumAge: age,
        maximumAge: age,
        lockout: fc.record(
          { threshold: fc.integer({ min: 1, max: 0xffff }), duration: age },
          { requiredKeys: ['threshold'] },
        ),
      },
      { requiredKeys: ['minimumLength', 'complexity', 'historyLength'] },
    ),
  },
  { requiredKeys: ['source', 'mustChange', 'holdsOnReset'] },
);

const tenantId = newId();
let packageKey: PackageKey;
let identity: CryptoKeyPair;

beforeAll(async () => {
  packageKey = await importPackageKey('00112233aabbccdd', randomBytes(32));
  identity = (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair;
});

const keyOf = (keyId: string) => (keyId === packageKey.id ? packageKey : undefined);

test('a request reads back as it was written', () => {
  fc.assert(
    fc.property(request, (body) => {
      expect(decodeRequest(encodeRequest(body))).toEqual(body);
    }),
  );
});

test('a reply reads back as it was written, in 256 bytes', () => {
  fc.assert(
    fc.property(outcome, fc.integer({ min: 0, max: 65_535 }), (told, event) => {
      const body = encodeReply({ outcome: told, event });
      expect(body.length).toBe(256);
      expect(decodeReply(body)).toEqual({ outcome: told, event });
    }),
  );
});

test('a reply carries the policy that applies to a person, in the same 256 bytes', () => {
  fc.assert(
    fc.property(policy, (applies) => {
      const body = encodeReply({ outcome: { kind: 'applied' }, event: 1, policy: applies });
      expect(body.length).toBe(256);
      expect(decodeReply(body)).toEqual({ outcome: { kind: 'applied' }, event: 1, policy: applies });
    }),
  );
});

test('a package opens with its header and body, and with no byte changed', async () => {
  const header = fc.record({
    type: fc.constantFrom('request' as const, 'reply' as const),
    agentId: id,
    requestId: id,
    expires: time,
  });
  await fc.assert(
    fc.asyncProperty(header, bytes({ maxLength: 900 }), fc.nat(), async (head: FrameHeader, body, where) => {
      const frame = await pack({ header: head, body }, tenantId, packageKey);
      expect(frame.length).toBe(80 + body.length);
      expect(await unpack(frame, tenantId, keyOf)).toEqual({ header: head, body });
      const changed = frame.slice();
      const at = where % frame.length;
      changed[at] = (changed[at] ?? 0) ^ 1;
      await expect(unpack(changed, tenantId, keyOf)).rejects.toBeInstanceOf(ProtocolError);
      await expect(unpack(frame, newId(), keyOf)).rejects.toMatchObject({ code: 'ERR_PACKAGE_OPEN' });
    }),
    { numRuns: 50 },
  );
});

test('a package sent back the other way does not open: the type is part of what is authenticated', async () => {
  const header = { type: 'request' as const, agentId: newId(), requestId: newId(), expires: 5 };
  const frame = await pack({ header, body: new Uint8Array(40) }, tenantId, packageKey);
  frame[1] = 11;
  await expect(unpack(frame, tenantId, keyOf)).rejects.toMatchObject({ code: 'ERR_PACKAGE_OPEN' });
});

test('a reply is accepted from the agent that was asked, about what was sealed, and from nobody else', async () => {
  const bound = { tenantId, agentId: newId(), requestId: newId(), sealedDigest: randomBytes(32) };
  const body = await signReply({ outcome: { kind: 'applied' }, event: 31_002 }, bound, identity.privateKey);
  expect(body.length).toBe(320);
  expect(await verifyReply(body, bound, identity.publicKey)).toEqual({
    outcome: { kind: 'applied' },
    event: 31_002,
  });
  const others = [
    { tenantId: newId() },
    { agentId: newId() },
    { requestId: newId() },
    { sealedDigest: randomBytes(32) },
  ];
  for (const other of others) {
    const refused = verifyReply(body, { ...bound, ...other }, identity.publicKey);
    await expect(refused, Object.keys(other)[0]).rejects.toMatchObject({ code: 'ERR_REPLY_SIGNATURE' });
  }
  const stranger = (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair;
  await expect(verifyReply(body, bound, stranger.publicKey)).rejects.toMatchObject({
    code: 'ERR_REPLY_SIGNATURE',
  });
});

test('an outcome that is not known yet reads as a fault of the agent and keeps its event', () => {
  const body = encodeReply({ outcome: { kind: 'applied' }, event: 31_999 });
  body[0] = 0xff;
  expect(decodeReply(body)).toEqual({ outcome: { kind: 'agentFault' }, event: 31_999 });
});

test('whatever bytes come, they are refused by name or read, never a crash', async () => {
  const binding = {
    tenantId,
    requestId: newId(),
    operation: 'reset',
    flags: 0,
    cloudAnchor: newId(),
    issued: 1,
    expires: 2,
  } as const;
  const mostlyPlausible = fc.oneof(
    bytes({ maxLength: MAX_FRAME_SIZE + 10 }),
    fc
      .tuple(fc.constantFrom([1, 10], [1, 11], [1, 1, 1, 0], [1, 1, 2, 1]), bytes({ maxLength: 1_200 }))
      .map(([start, rest]) => Uint8Array.from([...start, ...rest])),
  );
  const refusedOrRead = async (read: () => unknown) => {
    try {
      await read();
    } catch (error) {
      expect(error).toBeInstanceOf(ProtocolError);
    }
  };
  await fc.assert(
    fc.asyncProperty(mostlyPlausible, async (input) => {
      await refusedOrRead(() => decodeFrameHeader(input));
      await refusedOrRead(() => decodeRequest(input));
      await refusedOrRead(() => decodeReply(input));
      await refusedOrRead(() => unpack(input, tenantId, keyOf));
      await refusedOrRead(() => open(input, binding, () => undefined));
    }),
    { numRuns: 2_000 },
  );
});
