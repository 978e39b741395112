/**
 * The way to the cloud through the company's HTTP proxy: CONNECT (RFC 9110 section 9.3.6), then TLS with the cloud
 * itself, so that the proxy passes on what it cannot read.
 */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { ProxyConfig } from '../config.ts';
import { AgentError } from '../errors.ts';

export type Target = { host: string; port: number };

/** for the proxy's answer, ms; it has to reach the cloud in this time */
const ANSWER_WITHIN = 10_000;

/**
 * A connection to the target, with nothing sent on it yet.
 * @throws {AgentError} ERR_PROXY_UNREACHABLE, ERR_PROXY_CREDENTIALS, ERR_PROXY_REFUSED
 */
export function openTunnel(proxy: ProxyConfig, target: Target, limit = ANSWER_WITHIN): Promise<Socket> {
  const at = new URL(proxy.url);
  const authority = `${isIP(target.host) === 6 ? `[${target.host}]` : target.host}:${target.port}`;
  const request = (at.protocol === 'https:' ? httpsRequest : httpRequest)({
    host: at.hostname.replace(/^\[|\]$/g, ''),
    port: at.port || (at.protocol === 'https:' ? 443 : 80),
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...authorization(proxy) },
    agent: false,
  });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => request.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })),
      limit,
    );
    request.once('error', (cause: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(unreachable(at, cause));
    });
    request.once('connect', ({ statusCode = 0 }, socket: Socket, head) => {
      clearTimeout(timer);
      if (statusCode < 200 || statusCode > 299) {
        socket.destroy();
        return reject(refusal(proxy, at, authority, statusCode));
      }
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    request.end();
  });
}

/** The same with TLS inside, once the certificate of the target is verified. */
export async function openTlsTunnel(
  proxy: ProxyConfig,
  target: Target,
  limit = ANSWER_WITHIN,
): Promise<TLSSocket> {
  const socket = await openTunnel(proxy, target, limit);
  return new Promise((resolve, reject) => {
    const secured = connectTls({
      socket,
      host: target.host,
      ...(isIP(target.host) === 0 && { servername: target.host }),
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['http/1.1'],
    });
    const timer = setTimeout(
      () => secured.destroy(Object.assign(new Error('no TLS in time'), { code: 'ETIMEDOUT' })),
      limit,
    );
    const fail = (error: Error) => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    secured.once('error', fail);
    secured.once('secureConnect', () => {
      clearTimeout(timer);
      secured.off('error', fail);
      resolve(secured);
    });
  });
}

/** The proxy's part in a fault, however deep a library has wrapped it. */
export function proxyFaultIn(error: unknown): AgentError | undefined {
  if (error instanceof AgentError && error.code.startsWith('ERR_PROXY_')) return error;
  return error instanceof Error ? proxyFaultIn(error.cause) : undefined;
}

/** RFC 7617; never part of a message or an error. */
function authorization({ credentials }: ProxyConfig): Record<string, string> {
  if (credentials === undefined) return {};
  const pair = Buffer.from(`${credentials.userName}:${credentials.password.reveal()}`, 'utf8');
  return { 'proxy-authorization': `Basic ${pair.toString('base64')}` };
}

function unreachable(at: URL, cause: NodeJS.ErrnoException): AgentError {
  const why = cause.code === undefined ? '' : ` (${cause.code})`;
  return new AgentError(
    'ERR_PROXY_UNREACHABLE',
    `the proxy ${at.host} does not answer${why}; check proxy.url in the configuration, and that the proxy runs`,
    { cause },
  );
}

function refusal({ credentials }: ProxyConfig, at: URL, authority: string, status: number): AgentError {
  if (status === 407)
    return new AgentError(
      'ERR_PROXY_CREDENTIALS',
      credentials === undefined
        ? `the proxy ${at.host} asks for a user name and a password (HTTP 407); set proxy.userName and proxy.passwordFile`
        : `the proxy ${at.host} does not take ${credentials.userName} with its password (HTTP 407); check proxy.userName and proxy.passwordFile, and that the proxy offers Basic authentication`,
    );
  return new AgentError(
    'ERR_PROXY_REFUSED',
    `the proxy ${at.host} does not connect to ${authority} (HTTP ${status}); have CONNECT to it allowed there`,
  );
}
