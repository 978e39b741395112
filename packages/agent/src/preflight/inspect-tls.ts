import { isIP, type Socket } from 'node:net';
import { connect } from 'node:tls';

export type TlsEndpoint = { host: string; addresses: readonly string[]; port: number };

/** What a server shows of itself. A refused certificate is seen only as far as its refusal tells. */
export type TlsFacts =
  | { refusal?: undefined; validTo: number }
  /** the code of OpenSSL or Node that refuses it, and the names that it carries instead where that is why */
  | { refusal: string; names?: string };

/**
 * One verified handshake, and what came of it; nothing is sent on it.
 * @param through makes the connection, where the way is not direct
 * @throws Node's socket errors; `ETIMEDOUT` after `limit` ms
 */
export async function inspectTls(
  endpoint: TlsEndpoint,
  ca: string | undefined,
  limit: number,
  through?: () => Promise<Socket>,
): Promise<TlsFacts> {
  let failure: unknown;
  for (const address of endpoint.addresses)
    try {
      return await inspectAt(address, endpoint, ca, limit, await through?.());
    } catch (error) {
      failure = error;
    }
  throw failure;
}

/** How errors of a handshake are told from those of the network below it. */
type HandshakeError = Error & { code?: string; cert?: { subjectaltname?: string } };

function inspectAt(
  address: string,
  { host, port }: TlsEndpoint,
  ca: string | undefined,
  limit: number,
  through?: Socket,
) {
  return new Promise<TlsFacts>((resolve, reject) => {
    let isConnected = through !== undefined;
    const socket = connect({
      ...(through === undefined ? { host: address, port } : { socket: through, host }),
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(ca === undefined ? {} : { ca }),
      minVersion: 'TLSv1.2',
    });
    const timer = setTimeout(() => {
      socket.destroy(Object.assign(new Error(`${host} did not answer in time`), { code: 'ETIMEDOUT' }));
    }, limit);
    socket.once('connect', () => {
      isConnected = true;
    });
    socket.once('error', (error: HandshakeError) => {
      clearTimeout(timer);
      const { code, cert } = error;
      // A code of the network (ECONNRESET, ETIMEDOUT) is no verdict on a certificate.
      if (!isConnected || code === undefined || /^E[A-Z]+$/.test(code)) return reject(error);
      resolve({ refusal: code, ...(cert?.subjectaltname && { names: cert.subjectaltname }) });
    });
    socket.once('secureConnect', () => {
      clearTimeout(timer);
      const validTo = Date.parse(socket.getPeerCertificate().valid_to);
      socket.destroy();
      resolve({ validTo });
    });
  });
}
