import { type Answer, Browser } from './browser.ts';
import { nextCode, type TestCloud } from './test-cloud.ts';

export const ANNA_UPN = 'anna.berg@corp.example.com';

export function newBrowser(cloud: TestCloud): Browser {
  return new Browser(() => cloud.url);
}

/** Types a user ID and waits for the mail. */
export async function askCode(
  cloud: TestCloud,
  browser = newBrowser(cloud),
  userId = ANNA_UPN,
): Promise<{ browser: Browser; code: string; answer: Answer }> {
  const [answer, code] = await nextCode(cloud.mail, () => browser.post('/reset', { userId }));
  return { browser, code, answer };
}

/** Passes the gate: the next page asks for the password. */
export async function passGate(cloud: TestCloud): Promise<Browser> {
  const { browser, code } = await askCode(cloud);
  await browser.post('/reset/code', { code });
  return browser;
}

export function choose(browser: Browser, password: string, confirmation = password): Promise<Answer> {
  return browser.post('/reset/password', { password, confirmation });
}

/** A page without what differs from flow to flow: its id in the forms, and the support code made of it. */
export function withoutIds(html: string): string {
  return html.replace(/[0-9a-f]{8}-[0-9a-f-]{27}|(?<=<code>)[0-9A-F]{4}-[0-9A-F]{4}(?=<\/code>)/g, '<id>');
}

/** A code that this one is not. */
export function anotherThan(code: string): string {
  return code === '000000' ? '000001' : '000000';
}

/** Until the code sender has been through all that is wanted. */
export async function codesMade(cloud: TestCloud): Promise<void> {
  for (;;) {
    const open = await cloud.database
      .selectFrom('emailCode')
      .select('flowId')
      .where('state', '!=', 'sent')
      .execute();
    if (open.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
