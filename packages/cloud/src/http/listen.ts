import { readFileSync } from 'node:fs';
import type { IncomingMessage, Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import type { Config } from '../config.ts';
import { CloudError } from '../errors.ts';
import type { HttpEnv } from './http-context.ts';

export type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** How long requests under way may take to end once the cloud stops. */
const DRAIN_MS = 10_000;
/** How long links that were told to end may take to say goodbye. */
const FAREWELL_MS = 1_000;

export type Listening = {
  port: number;
  /** takes no more, and waits for the requests under way; upgraded connections stay */
  drain(): Promise<void>;
  /** ends what is left */
  close(): Promise<void>;
};

/** @throws {CloudError} ERR_LISTEN_FAILED */
export async function listen(
  app: Hono<HttpEnv>,
  upgrade: Upgrade,
  config: Pick<Config, 'listen' | 'tls'>,
): Promise<Listening> {
  const server = createAdaptorServer({
    fetch: app.fetch as Parameters<typeof createAdaptorServer>[0]['fetch'],
    ...(config.tls
      ? {
          createServer: createHttpsServer,
          serverOptions: { cert: readFileSync(config.tls.certFile), key: readFileSync(config.tls.keyFile) },
        }
      : {}),
  }) as Server;
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  // Node counts an upgraded connection among the server's, but no longer among its HTTP connections.
  const links = new Set<Duplex>();
  server.on('upgrade', (request, socket, head) => {
    links.add(socket);
    socket.once('close', () => links.delete(socket));
    upgrade(request, socket, head);
  });
  await begin(server, config.listen);
  let closed: Promise<void> | undefined;
  const stopAccepting = () => {
    closed ??= new Promise<void>((resolve) => server.close(() => resolve()));
    return closed;
  };
  return {
    port: (server.address() as AddressInfo).port,
    async drain() {
      void stopAccepting();
      await until(DRAIN_MS, async () => {
        server.closeIdleConnections();
        return (await connections(server)) <= links.size;
      });
      server.closeAllConnections();
    },
    async close() {
      await until(FAREWELL_MS, async () => links.size === 0);
      for (const link of links) link.destroy();
      await stopAccepting();
    },
  };
}

async function until(ms: number, isSo: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + ms;
  while (!(await isSo()) && performance.now() < end) await sleep(20);
}

function connections(server: Server): Promise<number> {
  return new Promise((resolve) => server.getConnections((_error, count) => resolve(count ?? 0)));
}

/** @param at an address and port, or the path of a Unix socket */
export async function begin(server: Server, at: { host: string; port: number } | { path: string }) {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const where = 'path' in at ? at.path : `${at.host}:${at.port}`;
      const why = cause.code === 'EADDRINUSE' ? 'something else listens there' : cause.message;
      reject(new CloudError('ERR_LISTEN_FAILED', `Cannot listen on ${where}: ${why}.`, { cause }));
    });
    server.listen(at, resolve);
  });
}

export async function end(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const impatience = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearTimeout(impatience);
}
