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
 * @param body sent as JSON
 * @throws {CloudError} ERR_CLOUD_NOT_RUNNING when nobody listens there; ERR_COMMAND_REFUSED with what it said
 */
export function askControl(
  dataFolder: string,
  method: string,
  path: string,
  body?: object,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) =>
      reject(
        new CloudError(
          'ERR_CLOUD_NOT_RUNNING',
          'The cloud is not running, or runs as another user. Start it with: homeward-cloud serve --config <file>',
          { cause },
        ),
      );
    const headers = body && { 'content-type': 'application/json' };
    const at = { socketPath: controlPath(dataFolder), method, path, ...(headers && { headers }) };
    const asked = request(at, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString('utf8');
      const { statusCode = 0 } = response;
      if (statusCode === 200) return resolve(JSON.parse(text));
      const refusal = statusCode >= 400 && statusCode < 500 ? messageIn(text) : undefined;
      if (refusal === undefined) return fail(new Error(`the cloud answered ${statusCode}`));
      return reject(new CloudError('ERR_COMMAND_REFUSED', refusal));
    });
    asked.on('error', fail);
    asked.end(body && JSON.stringify(body));
  });
}

function messageIn(text: string): string | undefined {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === 'string' ? message : undefined;
  } catch {
    return undefined;
  }
}
