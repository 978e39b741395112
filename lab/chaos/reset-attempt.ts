import { setTimeout as sleep } from 'node:timers/promises';
import { codeIn, PlainBrowser } from '../demo/reset-over-http.ts';
import type { LabPerson } from '../lab-file.ts';
import type { Mailbox } from '../mailbox/mailbox.ts';
import type { Attempt } from './judge.ts';

/** A mail that does not come within this was lost with the cloud that would have sent it. */
const CODE_PATIENCE_MS = 4_000;

export type ResetSite = { url: string; mailbox: Mailbox };
/** An attempt, and the browser that may look again what became of it. */
export type Tried = Attempt & { browser: PlainBrowser };

/** Goes as far as the page that asks for the new password, and tries again while something on the way is away. */
export async function reachPassword(
  site: ResetSite,
  person: LabPerson,
  tries: number,
): Promise<PlainBrowser | undefined> {
  for (let left = tries; left > 0; left--) {
    const browser = new PlainBrowser();
    const reached = await passGates(browser, site, person).catch(() => false);
    if (reached) return browser;
    await sleep(250);
  }
  return undefined;
}

async function passGates(browser: PlainBrowser, site: ResetSite, person: LabPerson): Promise<boolean> {
  await browser.open(`${site.url}/reset`);
  const after = Date.now();
  await browser.submit({ userId: person.userPrincipalName });
  const message = await site.mailbox.waitForMessage(person.mail, { after, timeoutMs: CODE_PATIENCE_MS });
  await browser.submit({ code: codeIn(message.text) });
  return /name="password"/.test(browser.page.html);
}

/**
 * Submits a password, sealed by the page's script or by the cloud, and tells by the page what a person would believe.
 * Noted down before it is sent.
 */
export async function attemptReset(
  browser: PlainBrowser,
  person: LabPerson,
  { password, byScript }: { password: string; byScript: boolean },
  note: (attempt: Tried) => void,
): Promise<void> {
  const attempt: Tried = {
    ...{ browser, person: person.userName, password, startedAt: Date.now() },
    ...{ page: 'lost', finalPage: 'lost' },
  };
  note(attempt);
  try {
    if (byScript) await browser.submitSealed(password);
    else await browser.submit({ password, confirmation: password });
    attempt.page = pageOf(browser);
  } catch {
    // The cloud died before it answered: the attempt stays as it was noted.
  }
}

/** What the same browser is told when it looks again. */
export async function lookAgain(attempt: Tried, site: ResetSite): Promise<void> {
  await attempt.browser.open(`${site.url}/reset/done`);
  attempt.finalPage = pageOf(attempt.browser);
}

function pageOf({ heading, page }: PlainBrowser): Attempt['page'] {
  if (page.status >= 500) return 'lost';
  if (heading === 'Your password has been changed') return 'changed';
  return /do not know yet|is being changed/.test(heading) ? 'notKnownYet' : 'notChanged';
}
