import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DirectoryError } from './errors.ts';
import { guidFromBytes } from './guid.ts';
import { type Ace, parseSecurityDescriptor, printSecurityDescriptor } from './security-descriptor.ts';

const sid = fc
  .tuple(fc.nat({ max: 255 }), fc.array(fc.nat({ max: 2 ** 32 - 1 }), { maxLength: 15 }))
  .map(([authority, parts]) => ['S-1', authority, ...parts].join('-'));
const guid = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(guidFromBytes);
const plainAce = fc
  .record(
    {
      kind: fc.constantFrom('allow' as const, 'deny' as const),
      flags: fc.nat({ max: 255 }),
      mask: fc.nat({ max: 2 ** 32 - 1 }),
      sid,
      objectType: guid,
      inheritedType: guid,
      object: fc.constant(true as const),
    },
    { requiredKeys: ['kind', 'flags', 'mask', 'sid'] },
  )
  .map((ace) => {
    if (ace.objectType === undefined && ace.inheritedType === undefined) return ace as Ace;
    const { object: _, ...withGuids } = ace;
    return withGuids as Ace;
  });
/** A type that this package leaves alone: SYSTEM_AUDIT, 4 bytes of header, and a body. */
const otherAce = fc.uint8Array({ minLength: 4, maxLength: 40 }).map((body): Ace => {
  const bytes = Uint8Array.of(2, 0, 4 + body.length, 0, ...body);
  return { kind: 'other', bytes };
});
const acl = fc.record({
  revision: fc.constantFrom(2, 4),
  aces: fc.array(fc.oneof(plainAce, otherAce), { maxLength: 12 }),
});
const descriptor = fc.record(
  { control: fc.nat({ max: 0x7fff }), owner: sid, group: sid, dacl: acl, sacl: acl },
  { requiredKeys: ['control'] },
);

test('a printed descriptor is parsed as it was', () => {
  fc.assert(
    fc.property(descriptor, (any) => {
      const given = JSON.parse(JSON.stringify(any));
      expect(JSON.parse(JSON.stringify(parseSecurityDescriptor(printSecurityDescriptor(any))))).toEqual(
        given,
      );
    }),
  );
});

test('cut and altered bytes are refused or parsed, and never end otherwise', () => {
  fc.assert(
    fc.property(descriptor, fc.nat(), fc.nat({ max: 255 }), (any, where, value) => {
      const bytes = printSecurityDescriptor(any);
      const altered = Buffer.from(bytes);
      altered[where % bytes.length] = value;
      for (const input of [altered, bytes.subarray(0, where % bytes.length)])
        try {
          parseSecurityDescriptor(input);
        } catch (error) {
          expect(error).toBeInstanceOf(DirectoryError);
        }
    }),
  );
});
