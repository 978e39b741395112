/** Readers of plain bytes. What they take for valid must come out of the writer again as it was. */
import { isDeepStrictEqual } from 'node:util';
import { toHex } from '@homeward/protocol/bytes';
import {
  DECLINE_REASONS,
  decodeClaim,
  decodeDecline,
  decodeOffer,
  encodeClaim,
  encodeDecline,
  encodeOffer,
} from '@homeward/protocol/control';
import { ProtocolError } from '@homeward/protocol/errors';
import {
  decodeFrameHeader,
  encodeFrameHeader,
  FRAME_HEADER_SIZE,
  FRAME_TYPES,
} from '@homeward/protocol/frame';
import { newId } from '@homeward/protocol/id';
import { OPERATIONS } from '@homeward/protocol/operation';
import { OUTCOMES, RULES } from '@homeward/protocol/outcome';
import { decodeReply, encodeReply } from '@homeward/protocol/reply';
import { decodeReport, encodeReport } from '@homeward/protocol/report';
import { decodeRequest, encodeRequest } from '@homeward/protocol/request';
import type { FuzzTarget, Verdict } from './fuzz-target.ts';
import { mutated } from './mutate-bytes.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** Reads, and throws a ProtocolError or gives what must equal a second reading of what it would write. */
export type Decoder = { read: (bytes: Bytes) => unknown; again: (read: never, bytes: Bytes) => unknown };

const now = 1_795_219_200_000;
const keys = <T extends object>(table: T) => Object.keys(table) as (keyof T)[];

const frames = keys(FRAME_TYPES).map((type) => {
  const frame = new Uint8Array(80 + 40);
  frame.set(encodeFrameHeader({ type, agentId: newId(), requestId: newId(), expires: now }));
  return frame;
});
const requests = keys(OPERATIONS).map((operation) =>
  encodeRequest({
    ...{ operation, flags: 1, cloudAnchor: newId(), actorId: newId(), issued: now, expires: now + 120_000 },
    inner: new Uint8Array(OPERATIONS[operation].password === 'none' ? 0 : 568),
  }),
);
const offers = keys(OPERATIONS).map((operation) =>
  encodeOffer({ number: 1, operation, flags: 3, cloudAnchor: newId(), isLast: false }),
);
const declines = keys(DECLINE_REASONS).map((reason) => encodeDecline({ offer: 1, reason }));
const evidence = { kind: 'version', versionBefore: 7, versionAfter: 8, writtenAt: now } as const;
const replies = keys(OUTCOMES).map((kind) =>
  encodeReply({
    event: 31_002,
    outcome:
      kind === 'refusedByPolicy'
        ? { kind, refusal: { rules: keys(RULES), minimumLength: 8, retryAt: now }, evidence }
        : { kind, evidence, notes: ['unlocked'] },
  }),
);
const reports = [{}, { 'S-1-5-21-10-20-30': 'up' as const }].map((forests) =>
  encodeReport({
    ...{ version: '0.1.0', session: 4, instance: 'c1f0', clock: now, generation: 1, forests },
    counts: { served: 3, applied: 2, unsettled: 0, people: 40 },
    breakerOpen: false,
  }),
);

const header: Decoder = {
  read: decodeFrameHeader,
  // a time that no number holds exactly is read as NaN, which fails every comparison
  again: (read: ReturnType<typeof decodeFrameHeader>, bytes) =>
    Number.isNaN(read.expires)
      ? read
      : decodeFrameHeader(
          Uint8Array.from([...encodeFrameHeader(read), ...bytes.subarray(FRAME_HEADER_SIZE)]),
        ),
};
const bodies = {
  request: {
    read: decodeRequest,
    again: (read: ReturnType<typeof decodeRequest>) => decodeRequest(encodeRequest(read)),
  },
  offer: {
    read: decodeOffer,
    again: (read: ReturnType<typeof decodeOffer>) => decodeOffer(encodeOffer(read)),
  },
  claim: { read: decodeClaim, again: (read: number) => decodeClaim(encodeClaim(read)) },
  decline: {
    read: decodeDecline,
    again: (read: ReturnType<typeof decodeDecline>) => decodeDecline(encodeDecline(read)),
  },
  reply: {
    // bits and codes that this version does not know are dropped by the first reading: later ones agree
    read: (bytes: Bytes) => decodeReply(encodeReply(decodeReply(bytes))),
    again: (read: ReturnType<typeof decodeReply>) => decodeReply(encodeReply(read)),
  },
  report: {
    read: decodeReport,
    again: (read: ReturnType<typeof decodeReport>) => decodeReport(encodeReport(read)),
  },
} satisfies Record<string, Decoder>;

export const DECODER_TARGETS: readonly FuzzTarget[] = [
  target('decodeFrameHeader', 0.2, header, frames, [
    'ERR_FRAME_SIZE',
    'ERR_FRAME_VERSION',
    'ERR_FRAME_TYPE',
    'ERR_FRAME_TIME',
  ]),
  target('decodeRequest', 0.2, bodies.request, requests, ['ERR_REQUEST_MALFORMED']),
  target('decodeOffer', 0.09, bodies.offer, offers, ['ERR_CONTROL_MALFORMED']),
  target('decodeClaim', 0.03, bodies.claim, [encodeClaim(1), encodeClaim(255)], ['ERR_CONTROL_MALFORMED']),
  target('decodeDecline', 0.05, bodies.decline, declines, ['ERR_CONTROL_MALFORMED']),
  target('decodeReply', 0.13, bodies.reply, replies, ['ERR_REPLY_MALFORMED']),
  target('decodeReport', 0.1, bodies.report, reports, ['ERR_REPORT_MALFORMED']),
];

function target(
  name: string,
  share: number,
  decoder: Decoder,
  corpus: readonly Bytes[],
  refusals: readonly string[],
): FuzzTarget {
  return {
    ...{ name, share, refusals: new Set(refusals), atOnce: 1 },
    next(random) {
      const bytes = mutated(random, corpus);
      return { shown: () => toHex(bytes), offer: () => readByName(decoder, bytes) };
    },
  };
}

function readByName(decoder: Decoder, bytes: Bytes): Verdict {
  let read: unknown;
  try {
    read = decoder.read(bytes);
  } catch (error) {
    if (error instanceof ProtocolError) return { refused: error.code };
    throw error;
  }
  const again = decoder.again(read as never, bytes);
  if (!isDeepStrictEqual(again, read)) throw new Error('what was read is not what would be written');
  return 'read';
}
