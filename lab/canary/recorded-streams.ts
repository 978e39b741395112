import type { TcpGate } from '../network/tcp-gate.ts';
import { websocketPayloads } from './websocket-payloads.ts';

/** What passes a cable from now on, and what was said on the relay's WebSockets in it. */
export class RecordedStreams {
  readonly #chunks = new Map<string, Buffer[]>();

  constructor(cable: TcpGate) {
    cable.record((connection, direction, bytes) => {
      const key = `${connection} ${direction}`;
      this.#chunks.set(key, [...(this.#chunks.get(key) ?? []), bytes]);
    });
  }

  get all(): { key: string; bytes: Buffer }[] {
    return [...this.#chunks].map(([key, chunks]) => ({ key, bytes: Buffer.concat(chunks) }));
  }

  /** Both directions of every connection to the relay that began while this recorded. */
  get relayPayloads(): Buffer[] {
    const dialled = this.all.filter(
      ({ key, bytes }) => key.endsWith(' in') && bytes.toString('latin1', 0, 16).startsWith('GET /relay'),
    );
    const connections = new Set(dialled.map(({ key }) => key.split(' ')[0]));
    return this.all
      .filter(({ key }) => connections.has(key.split(' ')[0]))
      .flatMap(({ bytes }) => websocketPayloads(bytes));
  }
}
