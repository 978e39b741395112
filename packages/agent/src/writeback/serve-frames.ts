/** What the cloud sends, by its type. Whatever is not authentic was dropped before anything looked at it. */
import type { Bytes } from '@homeward/protocol/bytes';
import { ProtocolError } from '@homeward/protocol/errors';
import { EVENTS } from '@homeward/protocol/event';
import type { PackageContents } from '@homeward/protocol/package';
import { type AgentReport, encodeReports } from '@homeward/protocol/report';
import { answerWhatOf } from './answer-what-of.ts';
import { limitDryRuns } from './dry-run-limit.ts';
import { limitRequests } from './request-limit.ts';
import { openFrame, sealFrame } from './sealed-frames.ts';
import type { ServeDeps } from './serve-deps.ts';
import { type OperationDeps, operationServer } from './serve-operation.ts';
import { takeOffer } from './take-offer.ts';

export type FrameDeps = OperationDeps & { report: () => Promise<AgentReport> };

/** `onForged` is called where the frame is not from our cloud, and nothing else comes of it. */
export type ServeFrame = (frame: Uint8Array, onForged?: () => void) => Promise<undefined>;

/** @returns one function for every frame that a link receives; answers go out by `send`, on any link */
export function frameServer(deps: FrameDeps): ServeFrame {
  const serveRequest = limitDryRuns(deps, limitRequests(deps, operationServer(deps)));
  return async (frame, onForged) => {
    const opened = await openFrame(deps, frame, onForged);
    if (opened === undefined) return undefined;
    const { header, body } = opened;
    if (header.type === 'request') {
      await serveRequest(header, body);
      return undefined;
    }
    for (const answer of await answerControl(deps, opened)) deps.send(answer);
    return undefined;
  };
}

async function answerControl(deps: FrameDeps, { header, body }: PackageContents): Promise<Bytes[]> {
  const { requestId, expires } = header;
  switch (header.type) {
    case 'offer':
      return listed(
        await takeOffer(deps, header, body).catch((error: unknown) => dropMalformed(deps, error)),
      );
    case 'settled':
      deps.journal.acknowledge(requestId);
      return [];
    case 'whatOf':
      return listed(await answerWhatOf(deps, header));
    case 'probe': {
      // An old question, which a relay may repeat, is not worth the directories' time.
      if (expires < deps.clock.now()) return [];
      const probed = { type: 'probed' as const, requestId, expires };
      return Promise.all(encodeReports(await deps.report()).map((report) => sealFrame(deps, probed, report)));
    }
    default:
      return [];
  }
}

function listed(answer: Bytes | undefined): Bytes[] {
  return answer === undefined ? [] : [answer];
}

function dropMalformed({ log }: Pick<ServeDeps, 'log'>, error: unknown): undefined {
  if (!(error instanceof ProtocolError)) throw error;
  log.warn({ event: EVENTS.inputRefused, code: error.code }, 'a message of our cloud was not understood');
  return undefined;
}
