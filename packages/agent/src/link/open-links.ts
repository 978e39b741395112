import type { AgentConfig } from '../config.ts';
import type { Enrolment } from '../enrol/enrolment.ts';
import type { AgentKeys } from '../keys/key-store.ts';
import type { AgentLog } from '../log.ts';
import type { CloudNetwork } from '../network/cloud-network.ts';
import { cachedCredential } from './credential-source.ts';
import { clearLinkFacts, writeLinkFacts } from './link-facts.ts';
import { LinkPair, type LinkPairDeps } from './link-pair.ts';

export type OpenLinksDeps = Pick<LinkPairDeps, 'serve' | 'random'> & {
  config: Pick<AgentConfig, 'stateFolder' | 'pingEverySeconds'>;
  enrolment: Enrolment;
  keys: AgentKeys;
  fetch: typeof globalThis.fetch;
  socketAgent?: CloudNetwork['socketAgent'];
  clock: { now: () => number };
  log: AgentLog;
  /** each time that either link is ready; `send` takes a frame to that very link */
  onReady: (send: (frame: Uint8Array) => boolean) => void;
};

/** Over a minute, requests are refused as expired or as coming from the future. */
const OFFSET_TOLD = 30_000;

/** The running agent's two links, which leave word of themselves in the state folder for `status`. */
export function openLinks(deps: OpenLinksDeps): LinkPair {
  const { config, enrolment, keys, fetch, socketAgent, clock, log, serve, random, onReady } = deps;
  const { stateFolder, pingEverySeconds } = config;
  const { relayUrl, agentId } = enrolment;
  let isOffsetTold = false;
  return new LinkPair({
    relayUrl,
    agentId,
    identityKey: () => keys.identity.privateKey,
    credential: () => cachedCredential({ enrolment, keys, fetch, now: clock.now, log }, 'relay'),
    socketAgent: () => socketAgent?.(relayUrl),
    serve,
    onReady(relayTime, send) {
      onReady(send);
      const offsetMs = Math.round(clock.now() - relayTime);
      const isFar = Math.abs(offsetMs) > OFFSET_TOLD;
      if (isFar && !isOffsetTold)
        log.warn({ offsetMs }, 'this clock and the relay’s differ; over a minute, requests are refused');
      isOffsetTold = isFar;
    },
    onChange(links) {
      try {
        if (links.every(({ state }) => state === 'stopped')) clearLinkFacts(stateFolder);
        else writeLinkFacts(stateFolder, links);
      } catch (err) {
        // A full disk costs a line of `status`, not the links.
        log.debug({ err }, 'the state of the links could not be left for status');
      }
    },
    pingEvery: pingEverySeconds * 1_000,
    now: clock.now,
    random,
    log,
  });
}
