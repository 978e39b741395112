/**
 * How the command line reaches a running cloud: HTTP over a socket in the data folder that only its owner may
 * open. The store admits one process, so a command cannot open it beside the cloud.
 */

import { createHash } from 'node:crypto';
import { chmodSync, rmSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';

/** Linux takes 107 bytes for a socket's path. */
const LONGEST_PATH = 100;

export function controlPath(dataFolder: string): string {
  const beside = join(dataFolder, 'control.sock');
  if (Buffer.byteLength(beside) <= LONGEST_PATH) return beside;
  return join(
    tmpdir(),
    `homeward-${createHash('sha256').update(dataFolder).digest('hex').slice(0, 16)}.sock`,
  );
}

/** To be called only while holding the store: what lies at the path is then left from a cloud that died. */
export async function openControl(path: string, routes: Hono): Promise<Server> {
  rmSync(path, { force: true });
  const server = createServer(getRequestListener(routes.fetch));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  chmodSync(path, 0o600);
  return server;
}

/** The running cloud's answer, or undefined where none runs. */
export function askControl(
  path: string,
  route: string,
): Promise<{ status: number; body: unknown } | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: path, path: route, method: 'POST', timeout: 10_000 }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          body: JSON.parse(Buffer.concat(chunks).toString('utf8')),
        }),
      );
    });
    asked.on('timeout', () => asked.destroy(new Error('the running cloud does not answer')));
    asked.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(undefined);
      else reject(error);
    });
    asked.end();
  });
}
