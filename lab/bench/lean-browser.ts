import { Agent, type IncomingMessage, request } from 'node:http';

export type LeanPage = { status: number; location: string | undefined; body: string };

/**
 * As little of a browser as a measurement can do with: one kept connection, cookies, no parsing, no redirects that
 * nobody asked for. What it costs by itself would otherwise be counted as the product's.
 */
export class LeanBrowser {
  readonly #origin: URL;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #cookies = new Map<string, string>();

  constructor(origin: string) {
    this.#origin = new URL(origin);
  }

  get(path: string): Promise<LeanPage> {
    return this.#send('GET', path);
  }

  /** @returns when the last byte of the answer is here */
  post(
    path: string,
    fields: Record<string, string> = {},
    headers: Record<string, string> = {},
  ): Promise<LeanPage> {
    return this.#send('POST', path, new URLSearchParams(fields).toString(), headers);
  }

  /** Goes where a page sends it, like a browser. */
  async follow(page: LeanPage): Promise<LeanPage> {
    let at = page;
    for (let hops = 0; at.location !== undefined && hops < 5; hops++) {
      const { pathname, search } = new URL(at.location, this.#origin);
      at = await this.get(`${pathname}${search}`);
    }
    return at;
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(method: string, path: string, body?: string, more: Record<string, string> = {}): Promise<LeanPage> {
    const headers = {
      ...more,
      host: this.#origin.host,
      accept: 'text/html',
      cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      ...(body !== undefined && {
        origin: this.#origin.origin,
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': String(Buffer.byteLength(body)),
      }),
    };
    return new Promise((resolve, reject) => {
      const { hostname, port } = this.#origin;
      const sent = request({
        method,
        path,
        headers,
        host: hostname,
        port,
        agent: this.#agent,
      });
      sent.once('error', reject);
      sent.once('response', (response) => {
        this.#keepCookies(response);
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () => {
          const { statusCode: status = 0 } = response;
          const { location } = response.headers;
          resolve({ status, location, body: Buffer.concat(chunks).toString('utf8') });
        });
      });
      sent.end(body);
    });
  }

  #keepCookies({ headers }: IncomingMessage): void {
    for (const line of headers['set-cookie'] ?? []) {
      const [pair = ''] = line.split(';');
      const at = pair.indexOf('=');
      if (/;\s*max-age=0\b/i.test(line)) this.#cookies.delete(pair.slice(0, at));
      else this.#cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
  }
}
