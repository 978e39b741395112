import { EVENTS } from '@homeward/protocol/event';
import { FRAME_TYPES } from '@homeward/protocol/frame';
import { type LinkState, RelayLink, type RelayLinkDeps } from './relay-link.ts';

export type PairState = 'both' | 'one' | 'none';

/** One of the two links, as `status` tells of it. */
export type LinkFacts = {
  number: 1 | 2;
  state: LinkState;
  /** Unix ms */
  since: number;
  /** why it is not connected, for operators */
  problem?: string;
};

export type LinkPairDeps = Omit<
  RelayLinkDeps,
  'credential' | 'receive' | 'onReady' | 'onChange' | 'stagger' | 'socketAgent'
> & {
  /** makes one for each link, so that neither waits for or loses the other's */
  credential: () => RelayLinkDeps['credential'];
  socketAgent?: () => RelayLinkDeps['socketAgent'];
  /** serves one frame; what it answers goes back on whichever link is open then. `onForged`: as in `RelayLinkDeps` */
  serve: (frame: Uint8Array, onForged: () => void) => Promise<Uint8Array | undefined>;
  /** each time that either link is ready; `send` takes a frame to that very link */
  onReady: (relayTime: number, send: (frame: Uint8Array) => boolean) => void;
  onChange?: (links: readonly LinkFacts[]) => void;
  /** Unix ms */
  now: () => number;
  /** ms that the second link comes after the first; 2 s where absent */
  stagger?: number;
};

const STAGGER = 2_000;

/** Two outbound links to the relay, so that an agent outlives the end of one. They never start together. */
export class LinkPair {
  readonly #deps: LinkPairDeps;
  readonly #links: readonly [RelayLink, RelayLink];
  readonly #facts: [LinkFacts, LinkFacts];
  #told: PairState = 'none';
  #second: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(deps: LinkPairDeps) {
    this.#deps = deps;
    const since = deps.now();
    this.#facts = [
      { number: 1, state: 'waiting', since },
      { number: 2, state: 'waiting', since },
    ];
    this.#links = [this.#open(0, 0), this.#open(1, deps.stagger ?? STAGGER)];
  }

  get state(): PairState {
    const open = this.#facts.filter(({ state }) => state === 'connected').length;
    return open === 2 ? 'both' : open === 1 ? 'one' : 'none';
  }

  get links(): readonly LinkFacts[] {
    return this.#facts;
  }

  start(): void {
    const [first, second] = this.#links;
    first.start();
    this.#second = setTimeout(() => second.start(), this.#deps.stagger ?? STAGGER);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#second);
    for (const link of this.#links) link.stop();
  }

  /**
   * By the first link that is open; a heartbeat by each, because the cloud uses none before it had one by it.
   * @returns false when no link is open; the caller keeps what it wanted to say
   */
  send(frame: Uint8Array): boolean {
    if (frame[1] === FRAME_TYPES.heartbeat) return this.#links.filter((link) => link.send(frame)).length > 0;
    return this.#links.some((link) => link.send(frame));
  }

  #open(at: 0 | 1, stagger: number): RelayLink {
    const { credential, socketAgent, serve, onReady, onChange: _, ...shared } = this.#deps;
    const link: RelayLink = new RelayLink({
      ...shared,
      stagger,
      credential: credential(),
      socketAgent: socketAgent?.(),
      receive: (...received) => this.#serve(serve(...received)),
      onReady: (relayTime) => onReady(relayTime, (frame) => link.send(frame)),
      onChange: (state, problem) => this.#note(at, state, problem),
    });
    return link;
  }

  #serve(serving: Promise<Uint8Array | undefined>): void {
    const { log } = this.#deps;
    serving
      .then((reply) => {
        if (reply !== undefined && !this.send(reply)) log.warn({}, 'a reply waits: no link to the relay');
      })
      .catch((err: unknown) =>
        log.error({ event: EVENTS.unknownError, err }, 'a request could not be served'),
      );
  }

  #note(at: 0 | 1, state: LinkState, problem?: string): void {
    const number = at === 0 ? 1 : 2;
    const known = this.#facts[at].problem;
    // What was wrong stays told while it is tried again.
    const kept = state === 'connected' || state === 'stopped' ? undefined : (problem ?? known);
    this.#facts[at] = {
      number,
      state,
      since: this.#deps.now(),
      ...(kept !== undefined && { problem: kept }),
    };
    this.#tell();
    this.#deps.onChange?.(this.#facts);
  }

  #tell(): void {
    const now = this.state;
    const before = this.#told;
    this.#told = now;
    if (now === before || this.#isStopped) return;
    const { log } = this.#deps;
    if (now === 'none') log.error({ event: EVENTS.relayError }, 'no link to the relay: no reset can come in');
    else if (now === 'both') log.info({ links: 2 }, 'both links to the relay are open');
    else if (before === 'both')
      log.warn(
        { event: EVENTS.relayLinkDown },
        'one of the two links to the relay is down; the other serves',
      );
  }
}
