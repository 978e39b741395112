import { CLOSE_ADVICE } from '../advice/close-advice.ts';
import type { Enrolment } from '../enrol/enrolment.ts';
import type { IssuedCredential } from '../link/credential-source.ts';
import {
  type IdleResult,
  measureIdle,
  type RelayRefusal,
  type RelayTarget,
  tryRelay,
} from '../link/try-relay.ts';
import type { CloudNetwork } from '../network/cloud-network.ts';
import { type Check, type Finding, fail, pass, skip, warn } from './check.ts';
import { unreachable } from './cloud-failure.ts';

export type RelayCheckDeps = {
  enrolment: Enrolment | undefined;
  /** undefined where this agent is not enrolled */
  credential: () => Promise<IssuedCredential | undefined>;
  socketAgent?: CloudNetwork['socketAgent'];
  /** how long an idle connection is watched; 0 leaves it out */
  idleSeconds: number;
  pingEverySeconds: number;
};

const OPENING = 25_000;

/** The way to the relay as the links go it: WebSocket, through the proxy where there is one. */
export function relayChecks(deps: RelayCheckDeps): Check[] {
  return [
    { id: 'relay', title: 'Relay', limit: OPENING, run: () => withTarget(deps, checkRelay) },
    ...(deps.idleSeconds === 0
      ? []
      : [
          {
            id: 'relay-idle',
            title: 'Idle',
            limit: deps.idleSeconds * 1_000 + OPENING,
            run(onProgress: (text: string) => void) {
              onProgress(`how long an idle connection lives, ${deps.idleSeconds} s`);
              return withTarget(deps, (target) => checkIdle(deps, target));
            },
          },
        ]),
  ];
}

async function withTarget(
  { enrolment, credential, socketAgent }: RelayCheckDeps,
  check: (target: RelayTarget) => Promise<Finding>,
): Promise<Finding> {
  if (enrolment === undefined) return skip('The relay’s address comes with the enrolment.');
  const issued = await credential().catch(() => undefined);
  if (issued === undefined) return skip('Without a credential nothing can be tried; see above.');
  const { relayUrl } = enrolment;
  try {
    return await check({ relayUrl, credential: issued.token, socketAgent: socketAgent?.(relayUrl) });
  } catch (error) {
    return unreachable(new URL(relayUrl).host, error);
  }
}

async function checkRelay(target: RelayTarget): Promise<Finding> {
  const result = await tryRelay(target);
  if (result.kind === 'challenged') return pass(`${target.relayUrl} takes WebSockets and the credential.`);
  return refusalFinding(result);
}

async function checkIdle({ idleSeconds, pingEverySeconds }: RelayCheckDeps, target: RelayTarget) {
  return idleFinding(await measureIdle(target, idleSeconds * 1_000), pingEverySeconds);
}

/** Says what was seen and no more: a limit above the time that was watched stays unknown. */
export function idleFinding(result: IdleResult, pingEverySeconds: number): Finding {
  switch (result.kind) {
    case 'alive': {
      const { seconds } = result;
      const told = `A connection without a byte lives for ${seconds} s at least; longer was not tried.`;
      const keeps = ` Pings every ${pingEverySeconds} s keep the links open.`;
      return pass(seconds > pingEverySeconds ? told + keeps : told, result);
    }
    case 'cut':
    case 'dead': {
      const { seconds, kind } = result;
      const how = kind === 'cut' ? 'ended' : 'dead, without a word,';
      const told = `A connection without a byte was ${how} after ${seconds} s.`;
      // Half, so that one ping that comes late does no harm.
      if (seconds >= 2 * pingEverySeconds)
        return pass(`${told} Pings every ${pingEverySeconds} s keep the links open.`, result);
      const enough = Math.floor(seconds / 2);
      return enough >= 5
        ? warn(
            told,
            `Set pingEverySeconds to ${enough} or less, or have the limit of the proxy raised.`,
            result,
          )
        : fail(told, 'Have the idle limit of the proxy or firewall raised: two minutes are usual.', result);
    }
    case 'notOffered':
      return skip('This cloud holds no idle connections; it is of an earlier version.');
    default:
      return refusalFinding(result);
  }
}

function refusalFinding(refusal: RelayRefusal): Finding {
  if (refusal.kind === 'closed') {
    const { reason } = refusal;
    if (typeof reason === 'number')
      return fail(
        `The connection was closed at once (code ${reason}).`,
        'Look for a proxy or firewall between that ends WebSockets.',
        refusal,
      );
    const { happened, next } = CLOSE_ADVICE[reason];
    return fail(happened, next, refusal);
  }
  const { status } = refusal;
  if (status === 401 || status === 403)
    return fail(
      `The relay does not take this agent (HTTP ${status}).`,
      'Look at this agent in the portal.',
      refusal,
    );
  if (status === 503)
    return warn('The relay has too many new connections just now.', 'Try again in a minute.', refusal);
  return fail(
    `Something answers with HTTP ${status} where the relay should.`,
    'Have WebSockets (the Upgrade header) let through to the cloud, by proxies and by what stands before it.',
    refusal,
  );
}
