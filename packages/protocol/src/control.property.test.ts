import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  DECLINE_REASONS,
  decodeClaim,
  decodeDecline,
  decodeOffer,
  encodeClaim,
  encodeDecline,
  encodeOffer,
  OFFER_SIZE,
} from './control.ts';
import { ProtocolError } from './errors.ts';
import { OPERATIONS, type Operation } from './operation.ts';
import { type AgentReport, decodeReport, encodeReport, FOREST_STATES, REPORT_SIZE } from './report.ts';

const number = fc.integer({ min: 1, max: 255 });
const count = fc.nat();
const report: fc.Arbitrary<AgentReport> = fc.record({
  version: fc.string({ maxLength: 64 }),
  session: count,
  instance: fc.uuid(),
  clock: count,
  generation: count,
  forests: fc.dictionary(fc.stringMatching(/^S-1-5-21(-\d{1,10}){3}$/), fc.constantFrom(...FOREST_STATES), {
    maxKeys: 8,
  }),
  counts: fc.record({ served: count, applied: count, unsettled: count, people: count }),
  breakerOpen: fc.boolean(),
});

test('an offer reads back as it was written, always in 19 bytes', () => {
  const offer = fc.record({
    number,
    operation: fc.constantFrom(...(Object.keys(OPERATIONS) as Operation[])),
    flags: fc.integer({ min: 0, max: 7 }),
    cloudAnchor: fc.uuid({ version: 4 }),
    isLast: fc.boolean(),
  });
  fc.assert(
    fc.property(offer, (written) => {
      const bytes = encodeOffer(written);
      expect(bytes.length).toBe(OFFER_SIZE);
      expect(decodeOffer(bytes)).toEqual(written);
    }),
  );
});

test('a claim and a decline name the offer that they answer', () => {
  const reason = fc.constantFrom(...(Object.keys(DECLINE_REASONS) as (keyof typeof DECLINE_REASONS)[]));
  fc.assert(
    fc.property(number, reason, (offer, why) => {
      expect(decodeClaim(encodeClaim(offer))).toBe(offer);
      expect(decodeDecline(encodeDecline({ offer, reason: why }))).toEqual({ offer, reason: why });
    }),
  );
});

test('a report reads back as it was written, always in one size', () => {
  fc.assert(
    fc.property(report, (written) => {
      const bytes = encodeReport(written);
      expect(bytes.length).toBe(REPORT_SIZE);
      expect(decodeReport(bytes)).toEqual(JSON.parse(JSON.stringify(written)));
    }),
  );
});

test('whatever else arrives is refused by name', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 24 }),
    fc.uint8Array({ minLength: REPORT_SIZE, maxLength: REPORT_SIZE }),
    fc.json().map((text) => {
      const body = new Uint8Array(REPORT_SIZE);
      body.set(new TextEncoder().encode(text).subarray(0, REPORT_SIZE));
      return body;
    }),
  );
  fc.assert(
    fc.property(bytes, (body) => {
      for (const decode of [decodeOffer, decodeClaim, decodeDecline, decodeReport]) {
        try {
          decode(body);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }
      expect(() => decodeReport(body)).toThrow(ProtocolError);
    }),
  );
});
