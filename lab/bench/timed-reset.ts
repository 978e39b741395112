import { waitForCode } from '../demo/reset-over-http.ts';
import { inventPassword } from '../forest/invent-password.ts';
import type { LabPerson } from '../lab-file.ts';
import type { Mailbox } from '../mailbox/mailbox.ts';
import { LeanBrowser } from './lean-browser.ts';

export type ResetSite = { url: string; mailbox: Mailbox };

/** Passes the gates, unmeasured; then measures from the submitted form to the page that says it is done, ms. */
export async function resetWithoutScript(site: ResetSite, person: LabPerson): Promise<number> {
  const browser = await atPassword(site, person);
  try {
    const password = inventPassword();
    const since = performance.now();
    const page = await browser.follow(
      await browser.post('/reset/password', { password, confirmation: password }),
    );
    const ms = performance.now() - since;
    if (!page.body.includes('Your password has been changed'))
      throw new Error(`a reset ended with ${/<h1[^>]*>(.*?)</s.exec(page.body)?.[1]} (${page.status})`);
    return ms;
  } finally {
    browser.close();
  }
}

/** A browser that stands at the page which asks for the new password. */
async function atPassword({ url, mailbox }: ResetSite, person: LabPerson): Promise<LeanBrowser> {
  const browser = new LeanBrowser(url);
  await browser.get('/reset');
  const asked = Date.now();
  await browser.follow(await browser.post('/reset', { userId: person.userPrincipalName }));
  const code = await waitForCode(mailbox, person.mail, asked);
  const page = await browser.follow(await browser.post('/reset/code', { code }));
  if (page.status !== 200) throw new Error(`the gates ended with ${page.status}`);
  return browser;
}
