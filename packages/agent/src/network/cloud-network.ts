import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { fetch as fetchBy, Agent as UndiciAgent } from 'undici';
import type { ProxyConfig } from '../config.ts';
import { openTlsTunnel, openTunnel } from './proxy-tunnel.ts';

/** How the agent gets to its cloud: directly, or through the company's proxy. Directories are never asked by it. */
export type CloudNetwork = {
  fetch: typeof globalThis.fetch;
  /** for a WebSocket to this address; undefined where the way is direct */
  socketAgent: (url: string) => HttpAgent | undefined;
};

export function cloudNetwork(proxy: ProxyConfig | undefined): CloudNetwork {
  if (proxy === undefined) return { fetch: globalThis.fetch, socketAgent: () => undefined };
  const connect = (host: string, port: number, isSecure: boolean): Promise<Socket> =>
    (isSecure ? openTlsTunnel : openTunnel)(proxy, { host: host.replace(/^\[|\]$/g, ''), port });
  return {
    fetch: fetchThrough(connect),
    socketAgent: (url) => tunnelAgent(connect, url.startsWith('wss:')),
  };
}

type Connect = (host: string, port: number, isSecure: boolean) => Promise<Socket>;

/** Node's own fetch takes no dispatcher of another undici than the one it is built with. */
function fetchThrough(connect: Connect): typeof globalThis.fetch {
  const dispatcher = new UndiciAgent({
    connect({ hostname, port, protocol }, callback) {
      const isSecure = protocol === 'https:';
      connect(hostname, Number(port) || (isSecure ? 443 : 80), isSecure).then(
        (socket) => callback(null, socket),
        (error: Error) => callback(error, null),
      );
    },
  });
  return ((input: string | URL, init?: RequestInit) =>
    fetchBy(input, { ...(init as object), dispatcher })) as unknown as typeof globalThis.fetch;
}

function tunnelAgent(connect: Connect, isSecure: boolean): HttpAgent {
  const agent = isSecure ? new HttpsAgent() : new HttpAgent();
  agent.createConnection = ({ host, port }, created) => {
    connect(host ?? '', Number(port) || (isSecure ? 443 : 80), isSecure).then(
      (socket) => created?.(null, socket),
      // Node looks at the error first; its types want a socket all the same.
      (error: Error) => created?.(error, undefined as unknown as Duplex),
    );
    return undefined;
  };
  return agent;
}
