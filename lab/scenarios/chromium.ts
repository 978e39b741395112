import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const OUTPUT = resolve(import.meta.dirname, '../../.test-output/screenshots');

/** Debian's Chromium, kept from talking to anybody but the pages under test. */
export const CHROMIUM = {
  executablePath: '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
};

export function openChromium(): Promise<Browser> {
  return chromium.launch(CHROMIUM);
}

export type View = { width: 'phone' | 'desk'; scheme?: 'light' | 'dark'; script?: boolean };

export function openContext(
  browser: Browser,
  { width, scheme = 'light', script = true }: View,
): Promise<BrowserContext> {
  const viewport = width === 'phone' ? { width: 360, height: 740 } : { width: 1_280, height: 800 };
  return browser.newContext({ viewport, colorScheme: scheme, javaScriptEnabled: script });
}

/** Keeps a picture of the whole page as test output. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  mkdirSync(OUTPUT, { recursive: true });
  await page.screenshot({ path: join(OUTPUT, `${name}.png`), fullPage: true });
}
