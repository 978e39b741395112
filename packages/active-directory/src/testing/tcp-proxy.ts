import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/**
 * A wire that can be cut: forwards bytes between a client and a controller, so that what breaks is the
 * connection and not the controller.
 */
export type TcpProxy = {
  /** `127.0.0.1:port` */
  address: string;
  /** `mute`: what the controller answers is lost; `swallow`: what it is asked is lost. Connections stay open */
  mode: 'forward' | 'mute' | 'swallow';
  /** called with every piece that went to the controller */
  onRequest: (() => void) | undefined;
  /** connections taken so far, and those that are open now */
  readonly connections: number;
  readonly open: number;
  /** how often something was asked after an answer, or at first */
  readonly rounds: number;
  /** pieces of answers that were lost: what they answer has been done, also where its client had gone by then */
  readonly muted: number;
  cut(): void;
  /** what is open now stays open and carries nothing any more; new connections work */
  strand(): void;
  stop(): Promise<void>;
};

export async function startTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const stranded = new WeakSet<Socket>();
  let connections = 0;
  let rounds = 0;
  let muted = 0;
  let isAnswered = true;
  const server = createServer((client) => {
    connections++;
    const upstream = connect(target.port, target.host);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
    }
    client.on('close', () => {
      sockets.delete(client);
      // A controller that is cut off before it answers may do nothing.
      if (proxy.mode !== 'mute' || isAnswered) upstream.destroy();
    });
    upstream.on('close', () => {
      sockets.delete(upstream);
      client.destroy();
    });
    client.on('data', (data) => {
      if (isAnswered) rounds++;
      isAnswered = false;
      if (proxy.mode !== 'swallow' && !stranded.has(client)) upstream.write(data, () => proxy.onRequest?.());
    });
    upstream.on('data', (data) => {
      isAnswered = true;
      if (proxy.mode === 'mute') muted++;
      if (client.destroyed) upstream.destroy();
      else if (proxy.mode !== 'mute' && !stranded.has(client)) client.write(data);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  const proxy: TcpProxy = {
    address: `127.0.0.1:${(server.address() as { port: number }).port}`,
    mode: 'forward',
    onRequest: undefined,
    get connections() {
      return connections;
    },
    get open() {
      return sockets.size;
    },
    get rounds() {
      return rounds;
    },
    get muted() {
      return muted;
    },
    cut,
    strand: () => {
      for (const socket of sockets) stranded.add(socket);
    },
    stop: async () => {
      server.close();
      cut();
    },
  };
  return proxy;
}
