import { isIP } from 'node:net';
import { connect } from 'node:tls';

export type TlsEndpoint = { host: string; addresses: readonly string[]; port: number };

/** What a server shows of itself, whether that is to be trusted or not. Times in Unix ms. */
export type TlsFacts = {
  /** the code of OpenSSL or Node that refuses it; undefined: trusted, with this name */
  refusal: string | undefined;
  validTo: number;
  names: string;
  issuer: string;
};

/**
 * A handshake that goes through in any case, to tell what is wrong with a certificate; nothing is sent on it.
 * @throws Node's socket errors; `ETIMEDOUT` after `limit` ms
 */
export async function inspectTls(
  endpoint: TlsEndpoint,
  ca: string | undefined,
  limit: number,
): Promise<TlsFacts> {
  let failure: unknown;
  for (const address of endpoint.addresses)
    try {
      return await inspectAt(address, endpoint, ca, limit);
    } catch (error) {
      failure = error;
    }
  throw failure;
}

function inspectAt(address: string, { host, port }: TlsEndpoint, ca: string | undefined, limit: number) {
  return new Promise<TlsFacts>((resolve, reject) => {
    const socket = connect({
      host: address,
      port,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(ca === undefined ? {} : { ca }),
      minVersion: 'TLSv1.2',
      // Only to look at what is shown: every real connection verifies.
      rejectUnauthorized: false,
    });
    const timer = setTimeout(() => {
      socket.destroy(Object.assign(new Error(`${host} did not answer in time`), { code: 'ETIMEDOUT' }));
    }, limit);
    socket.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    socket.once('secureConnect', () => {
      clearTimeout(timer);
      const certificate = socket.getPeerCertificate();
      // Node gives the code as an error's `code`, or as plain text ([node:tls] tlsSocket.authorizationError).
      const error = socket.authorizationError as unknown as (Error & { code?: string }) | string | null;
      const code = typeof error === 'string' ? error : (error?.code ?? error?.message);
      socket.destroy();
      resolve({
        refusal: socket.authorized ? undefined : (code ?? 'CERT_UNTRUSTED'),
        validTo: Date.parse(certificate.valid_to),
        names: certificate.subjectaltname ?? String(certificate.subject?.CN ?? ''),
        issuer: String(certificate.issuer?.CN ?? certificate.issuer?.O ?? ''),
      });
    });
  });
}
