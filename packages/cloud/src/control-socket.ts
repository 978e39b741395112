/**
 * How commands on the cloud's own machine reach the running cloud: a Unix socket in the data folder, which only its
 * owner can open. The store belongs to one process, so a command cannot simply open it too.
 */
import { chmod, rm } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { CloudError } from './errors.ts';
import { begin, end } from './http/listen.ts';

export function controlPath(dataFolder: string): string {
  return join(dataFolder, 'control.sock');
}

export async function serveControl(dataFolder: string, routes: Hono): Promise<{ close(): Promise<void> }> {
  const path = controlPath(dataFolder);
  // A socket left by a crash; a running cloud is kept off by the store's lock before we get here.
  await rm(path, { force: true });
  const server: Server = createServer(
    getRequestListener(routes.fetch as Parameters<typeof getRequestListener>[0]),
  );
  await begin(server, { path });
  await chmod(path, 0o600);
  return { close: () => end(server) };
}

/**
 * @throws {CloudError} ERR_CLOUD_NOT_RUNNING when nobody listens there
 */
export function askControl(dataFolder: string, method: string, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) =>
      reject(
        new CloudError(
          'ERR_CLOUD_NOT_RUNNING',
          'The cloud is not running, or runs as another user. Start it with: homeward-cloud serve --config <file>',
          { cause },
        ),
      );
    const asked = request({ socketPath: controlPath(dataFolder), method, path }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString('utf8');
      if (response.statusCode !== 200) return fail(new Error(`the cloud answered ${response.statusCode}`));
      resolve(JSON.parse(text));
    });
    asked.on('error', fail);
    asked.end();
  });
}
