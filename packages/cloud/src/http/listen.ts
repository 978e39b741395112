import { readFileSync } from 'node:fs';
import type { IncomingMessage, Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import type { Config } from '../config.ts';
import { CloudError } from '../errors.ts';
import type { HttpEnv } from './http-context.ts';

export type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** How long requests under way may take to end once the cloud stops. */
const DRAIN_MS = 10_000;

/** @throws {CloudError} ERR_LISTEN_FAILED */
export async function listen(
  app: Hono<HttpEnv>,
  upgrade: Upgrade,
  config: Pick<Config, 'listen' | 'tls'>,
): Promise<{ port: number; close(): Promise<void> }> {
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
  server.on('upgrade', upgrade);
  await begin(server, config.listen);
  return { port: (server.address() as AddressInfo).port, close: () => end(server) };
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
