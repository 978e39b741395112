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
  cut(): void;
  stop(): Promise<void>;
};

export async function startTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(target.port, target.host);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (data) => {
      if (proxy.mode !== 'swallow') upstream.write(data, () => proxy.onRequest?.());
    });
    upstream.on('data', (data) => {
      if (proxy.mode !== 'mute') client.write(data);
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
    cut,
    stop: async () => {
      server.close();
      cut();
    },
  };
  return proxy;
}
