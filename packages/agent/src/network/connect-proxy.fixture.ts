import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';

export type ConnectProxyOptions = {
  credentials?: { userName: string; password: string };
  /** the HTTP status for a target; 200 connects */
  answerTo?: (authority: string) => number;
  /** where a connection leads, instead of to its target */
  leadsTo?: { host: string; port: number };
  /** cuts a connection over which nothing went for so long, ms */
  idleLimit?: number;
};

export type ConnectProxy = AsyncDisposable & {
  url: string;
  /** every authority that was asked for, in order */
  asked: string[];
  /** how many connections were cut because they were idle */
  cut: () => number;
  /** bytes that went through so far */
  passed: () => number;
};

/** A real HTTP proxy for tests, on this machine only. */
export async function connectProxy(options: ConnectProxyOptions = {}): Promise<ConnectProxy> {
  const { credentials, answerTo = () => 200, leadsTo, idleLimit } = options;
  const asked: string[] = [];
  const open = new Set<Socket>();
  let cut = 0;
  let passed = 0;
  const server = createServer((_, response) => response.writeHead(405).end());
  server.on('connection', (socket) => track(socket));
  server.on('connect', (request: IncomingMessage, client: Socket, head: Buffer) => {
    const authority = request.url ?? '';
    asked.push(authority);
    if (credentials && request.headers['proxy-authorization'] !== basic(credentials))
      return client.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n');
    const status = answerTo(authority);
    if (status !== 200) return client.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`);
    const { host, port } = leadsTo ?? targetOf(authority);
    const upstream = track(connect({ host, port }));
    upstream.once('connect', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      if (head.length > 0) upstream.write(head);
      join(client, upstream);
    });
    upstream.on('error', () => client.destroy());
    return undefined;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  function track(socket: Socket): Socket {
    open.add(socket);
    socket.on('error', () => {});
    return socket.once('close', () => open.delete(socket));
  }

  function join(client: Socket, upstream: Socket): void {
    const end = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.on('data', (chunk) => {
        passed += chunk.length;
        to.write(chunk);
      });
      from.once('close', end);
    }
    if (idleLimit === undefined) return;
    // Set on one side only, and counting both directions, as proxies do.
    client.setTimeout(idleLimit, async () => {
      const [read, written] = [client.bytesRead, client.bytesWritten];
      await readWhatCame();
      if (client.destroyed || client.bytesRead !== read || client.bytesWritten !== written) return;
      cut += 1;
      end();
    });
  }

  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    cut: () => cut,
    passed: () => passed,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * A process that was not scheduled for a while finds its timers over before it reads what came meanwhile, and both
 * ends of what goes through here are in it: so many turns of its loop take a word there and its answer back.
 */
async function readWhatCame(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await setImmediate();
}

function basic({ userName, password }: { userName: string; password: string }): string {
  return `Basic ${Buffer.from(`${userName}:${password}`).toString('base64')}`;
}

function targetOf(authority: string): { host: string; port: number } {
  const { hostname, port } = new URL(`http://${authority}`);
  return { host: hostname, port: Number(port) };
}
