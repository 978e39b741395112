/** What the script on the password page does, without a browser. */
import { toBase64url } from '@homeward/protocol/bytes';
import { Password } from '@homeward/protocol/password';
import { sealFor, type Ticket } from '@homeward/protocol/ticket';
import type { Answer, Browser } from './browser.ts';

const FROM_SCRIPT = { accept: 'text/html', 'homeward-sealed': '1' };

export function askTicket(browser: Browser): Promise<Answer> {
  return browser.post('/reset/password/ticket', {});
}

export async function sealedWith(
  browser: Browser,
  password: string,
): Promise<{ ticket: string; sealed: string }> {
  const ticket = JSON.parse((await askTicket(browser)).html) as Ticket;
  return { ticket: ticket.ticket, sealed: toBase64url(await sealFor(ticket, Password.of(password))) };
}

export function postFromScript(browser: Browser, fields: Record<string, string>): Promise<Answer> {
  return browser.post('/reset/password', fields, FROM_SCRIPT);
}

export async function chooseSealed(browser: Browser, password: string): Promise<Answer> {
  return postFromScript(browser, await sealedWith(browser, password));
}
