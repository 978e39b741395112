/** A browser without script: keeps cookies, follows 303 by GET, says where its posts come from. */
export type Answer = { status: number; path: string; html: string; title: string; headers: Headers };

export class Browser {
  readonly #origin: () => string;
  readonly cookies = new Map<string, string>();
  readonly setCookies: string[] = [];
  /** the hidden field of the reset whose page was seen last */
  flow = '';

  constructor(origin: () => string) {
    this.#origin = origin;
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.#go('GET', path, undefined, headers);
  }

  post(path: string, fields: Record<string, string> | string, headers: Record<string, string> = {}) {
    const body =
      typeof fields === 'string'
        ? fields
        : new URLSearchParams({ ...(this.flow && { flow: this.flow }), ...fields }).toString();
    const sent = {
      'content-type': 'application/x-www-form-urlencoded',
      'sec-fetch-site': 'same-origin',
      ...headers,
    };
    return this.#go('POST', path, body, sent);
  }

  async #go(
    method: string,
    path: string,
    body: string | undefined,
    headers: Record<string, string>,
  ): Promise<Answer> {
    const response = await fetch(this.#origin() + path, {
      method,
      redirect: 'manual',
      headers: {
        ...headers,
        cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      },
      ...(body === undefined ? {} : { body }),
    });
    for (const line of response.headers.getSetCookie()) {
      this.setCookies.push(line);
      const [name = '', value = ''] = line.split(';', 1)[0]?.split('=') ?? [];
      this.cookies.set(name, value);
    }
    const html = await response.text();
    this.flow = /<input type="hidden" name="flow" value="([^"]+)"/.exec(html)?.[1] ?? this.flow;
    const location = response.headers.get('location');
    if (response.status === 303 && location !== null) return this.#go('GET', location, undefined, {});
    const title = /<title>(.*)<\/title>/.exec(html)?.[1] ?? '';
    return { status: response.status, path, html, title, headers: response.headers };
  }
}
