import { toBase64url } from '@homeward/protocol/bytes';
import { Password } from '@homeward/protocol/password';
import { sealFor, type Ticket } from '@homeward/protocol/ticket';
import type { Mailbox } from '../mailbox/mailbox.ts';

/** A browser without script, as far as a form needs one: follows redirects, keeps cookies, fills in forms. */
export class PlainBrowser {
  readonly #cookies = new Map<string, string>();
  #page: { url: string; status: number; html: string } = { url: '', status: 0, html: '' };

  get page(): { url: string; status: number; html: string } {
    return this.#page;
  }

  get heading(): string {
    return textOf(/<h1[^>]*>(.*?)<\/h1>/s.exec(this.#page.html)?.[1] ?? '');
  }

  get text(): string {
    return textOf(/<main[^>]*>(.*?)<\/main>/s.exec(this.#page.html)?.[1] ?? this.#page.html);
  }

  async open(url: string): Promise<void> {
    await this.#go(url, { method: 'GET' });
  }

  /** Submits the page's form that has these fields, with its hidden fields as they are. */
  async submit(fields: Record<string, string>): Promise<void> {
    const [first = ''] = Object.keys(fields);
    const form = [...this.#page.html.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gs)].find(([, , inner]) =>
      inner?.includes(`name="${first}"`),
    );
    if (form === undefined)
      throw new Error(`no form with a field "${first}" on "${this.heading}" (${this.#page.status})`);
    const [, attributes = '', inner = ''] = form;
    const body = new URLSearchParams();
    for (const [tag] of inner.matchAll(/<input\b[^>]*>/g)) {
      if (attribute(tag, 'type') === 'hidden') body.set(attribute(tag, 'name'), attribute(tag, 'value'));
    }
    for (const [name, value] of Object.entries(fields)) body.set(name, value);
    await this.#go(new URL(attribute(attributes, 'action') || this.#page.url, this.#page.url).href, {
      method: 'POST',
      body,
    });
  }

  /** What the page's script does in place of its form: asks for a ticket, seals, and shows what is answered. */
  async submitSealed(password: string): Promise<void> {
    const here = this.#page.url;
    const flow = flowOf(this.#page.html);
    const asking = new URLSearchParams({ flow });
    await this.#go(new URL('/reset/password/ticket', here).href, { method: 'POST', body: asking });
    if (this.#page.status !== 200) return;
    const ticket = JSON.parse(this.#page.html) as Ticket;
    const sealed = toBase64url(await sealFor(ticket, Password.of(password)));
    const body = new URLSearchParams({ flow, ticket: ticket.ticket, sealed });
    const headers = { 'homeward-sealed': '1' };
    await this.#go(new URL('/reset/password', here).href, { method: 'POST', body, headers });
  }

  async #go(
    start: string,
    init: { method: string; body?: URLSearchParams; headers?: Record<string, string> },
  ): Promise<void> {
    let url = start;
    let request = init;
    for (let hop = 0; hop < 10; hop++) {
      const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const response = await fetch(url, {
        ...request,
        redirect: 'manual',
        headers: {
          accept: 'text/html',
          // A browser asks again where a kept connection was closed meanwhile. This one keeps none.
          connection: 'close',
          ...(cookie && { cookie }),
          ...(request.method === 'POST' && { origin: new URL(url).origin }),
          ...request.headers,
        },
      });
      for (const line of response.headers.getSetCookie()) this.#keep(line);
      const location = response.headers.get('location');
      if (location === null) {
        this.#page = { url, status: response.status, html: await response.text() };
        return;
      }
      url = new URL(location, url).href;
      request = { method: 'GET' };
    }
    throw new Error(`too many redirects from ${start}`);
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split(';');
    const at = pair.indexOf('=');
    const name = pair.slice(0, at).trim();
    if (attributes.some((text) => /^\s*max-age=0\s*$/i.test(text))) this.#cookies.delete(name);
    else this.#cookies.set(name, pair.slice(at + 1));
  }
}

export type ResetSteps = { url: string; mailbox: Mailbox; userName: string; mail: string };

/** Goes from the user ID to the page that asks for the new password. */
export async function passGates(
  browser: PlainBrowser,
  { url, mailbox, userName, mail }: ResetSteps,
): Promise<void> {
  await browser.open(`${url}/reset`);
  const asked = Date.now();
  await browser.submit({ userId: userName });
  await browser.submit({ code: await waitForCode(mailbox, mail, asked) });
}

/** Types the new password twice and submits. @returns ms from submitting to the answer */
export async function submitPassword(browser: PlainBrowser, password: string): Promise<number> {
  const since = performance.now();
  await browser.submit({ password, confirmation: password });
  return performance.now() - since;
}

/** The code that was mailed since then; other mails to the same person may come between. */
export async function waitForCode(mailbox: Mailbox, mail: string, after: number): Promise<string> {
  for (let end = performance.now() + 60_000; performance.now() < end; ) {
    const message = mailbox
      .messagesFor(mail)
      .find(({ text, receivedAt }) => receivedAt >= after && CODE.test(text));
    if (message !== undefined) return codeIn(message.text);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`no code was mailed to ${mail}`);
}

const CODE = /\b(\d{3}) ?(\d{3})\b/;

/** @throws {Error} where the message holds no code of six digits */
export function codeIn(text: string): string {
  const code = CODE.exec(text);
  if (code === null) throw new Error('the message holds no code');
  return `${code[1]}${code[2]}`;
}

/** Which reset a page belongs to: every form of it says so. @throws {Error} on a page that has no such form */
export function flowOf(html: string): string {
  const field = /<input\b[^>]*\bname="flow"[^>]*>/.exec(html)?.[0];
  if (field === undefined) throw new Error('no form of a reset is on the page');
  return attribute(field, 'value');
}

function attribute(tag: string, name: string): string {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1] ?? '';
  return value
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

function textOf(html: string): string {
  return html
    .replace(/<[^>]+>/g, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ')
    .trim();
}
