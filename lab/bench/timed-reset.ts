import { toBase64url } from '@homeward/protocol/bytes';
import { Password } from '@homeward/protocol/password';
import { sealFor, type Ticket } from '@homeward/protocol/ticket';
import { flowOf, waitForCode } from '../demo/reset-over-http.ts';
import { inventPassword } from '../forest/invent-password.ts';
import type { LabPerson } from '../lab-file.ts';
import type { Mailbox } from '../mailbox/mailbox.ts';
import { LeanBrowser, type LeanPage } from './lean-browser.ts';

export type ResetSite = { url: string; mailbox: Mailbox };

/** Passes the gates, unmeasured; then measures from the submitted form to the page that says it is done, ms. */
export async function resetWithoutScript(site: ResetSite, person: LabPerson): Promise<number> {
  const { browser, flow } = await atPassword(site, person);
  try {
    const password = inventPassword();
    const since = performance.now();
    const page = await browser.follow(
      await browser.post('/reset/password', { flow, password, confirmation: password }),
    );
    const ms = performance.now() - since;
    mustBeDone(page);
    return ms;
  } finally {
    browser.close();
  }
}

export type SealedReset = {
  /** from the submitted form: ticket, sealing, post, answer */
  submitted: number;
  /** from the post to the last byte of the answer */
  posted: number;
};

/** As the page's script does it: a ticket, an envelope, and the answer page in the answer to the post. */
export async function resetSealed(site: ResetSite, person: LabPerson): Promise<SealedReset> {
  const { browser, flow } = await atPassword(site, person);
  try {
    const password = Password.of(inventPassword());
    const submitted = performance.now();
    const ticket = JSON.parse((await browser.post('/reset/password/ticket', { flow })).body) as Ticket;
    const sealed = toBase64url(await sealFor(ticket, password));
    const posted = performance.now();
    const page = await browser.post('/reset/password', { flow, ticket: ticket.ticket, sealed }, SEALED);
    const end = performance.now();
    mustBeDone(page);
    return { submitted: end - submitted, posted: end - posted };
  } finally {
    browser.close();
  }
}

const SEALED = { 'homeward-sealed': '1' };

function mustBeDone({ body, status }: LeanPage): void {
  if (!body.includes('Your password has been changed'))
    throw new Error(`a reset ended with ${/<h1[^>]*>(.*?)</s.exec(body)?.[1]} (${status})`);
}

/** What comes before each measurement, also of what goes past our pages. */
export async function passGates(site: ResetSite, person: LabPerson): Promise<void> {
  (await atPassword(site, person)).browser.close();
}

/** A browser that stands at the page which asks for the new password, and what its form says of the reset. */
async function atPassword(
  { url, mailbox }: ResetSite,
  person: LabPerson,
): Promise<{ browser: LeanBrowser; flow: string }> {
  const browser = new LeanBrowser(url);
  await browser.get('/reset');
  const asked = Date.now();
  const asking = await browser.follow(await browser.post('/reset', { userId: person.userPrincipalName }));
  const code = await waitForCode(mailbox, person.mail, asked);
  const page = await browser.follow(await browser.post('/reset/code', { flow: flowOf(asking.body), code }));
  if (page.status !== 200) throw new Error(`the gates ended with ${page.status}`);
  return { browser, flow: flowOf(page.body) };
}
