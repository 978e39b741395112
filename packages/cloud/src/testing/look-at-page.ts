/** What every page has to stand in real Chromium: each width and scheme, axe, large text, targets for fingers. */
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';

const SCREENSHOTS = resolve(import.meta.dirname, '../../../../.test-output/screenshots');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

export type View = { width: number; height: number; scheme: 'light' | 'dark' };

/** The narrow one first: that is where a page is walked to. */
export const VIEWS: readonly View[] = [
  { width: 360, height: 740, scheme: 'light' },
  { width: 1_280, height: 800, scheme: 'dark' },
  { width: 1_280, height: 800, scheme: 'light' },
];

/** Debian's Chromium, kept from talking to anybody but the pages under test. */
export function openChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    timeout: 120_000,
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ],
  });
}

/** A page as the first view has it; `lookAt` needs a policy that lets axe in. */
export async function openPage(browser: Browser): Promise<Page> {
  const [first] = VIEWS;
  const viewport = first && { width: first.width, height: first.height };
  const context = await browser.newContext({ ...(viewport && { viewport }), bypassCSP: true });
  context.setDefaultTimeout(60_000);
  return context.newPage();
}

/** @param folder below the screenshots that are kept as test output */
export async function lookAt(page: Page, folder: string, name: string): Promise<void> {
  await stayOn(page);
  await page.evaluate(AXE);
  for (const view of VIEWS) await lookAtView(page, join(SCREENSHOTS, folder), name, view);
}

async function lookAtView(page: Page, folder: string, name: string, view: View): Promise<void> {
  const { width, height, scheme } = view;
  const picture = (more = '') => {
    mkdirSync(folder, { recursive: true });
    const path = join(folder, `${name}-${width}-${scheme}${more}.png`);
    return page.screenshot({ path, fullPage: true });
  };
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme: scheme });
  await picture();
  expect(await violations(page), `${name} at ${width}, ${scheme}`).toEqual([]);
  expect(await page.locator('h1').count(), `${name} has one h1`).toBe(1);
  expect(await overflow(page), `${name} scrolls sideways at ${width}`).toBeLessThanOrEqual(0);
  expect(await lowTargets(page), `${name} has targets lower than 44 px`).toEqual([]);
  await setTextSize(page, '200%');
  await picture('-large-text');
  expect(await overflow(page), `${name} scrolls sideways with large text`).toBeLessThanOrEqual(0);
  await setTextSize(page, '');
  await page.setViewportSize({ width: 320, height: 640 });
  expect(await overflow(page), `${name} scrolls sideways at 320`).toBeLessThanOrEqual(0);
}

/** A page that shows itself anew would do so in the middle: an answer without content leaves what is there. */
async function stayOn(page: Page): Promise<void> {
  await page.route('**/*', (route) =>
    route.request().isNavigationRequest() ? route.fulfill({ status: 204 }) : route.continue(),
  );
}

async function violations(page: Page): Promise<{ id: string; nodes: string[] }[]> {
  const found = (await page.evaluate(`axe.run({ runOnly: ${JSON.stringify(RULES)} })`)) as {
    violations: { id: string; nodes: { failureSummary: string }[] }[];
  };
  return found.violations.map(({ id, nodes }) => ({
    id,
    nodes: nodes.map(({ failureSummary }) => failureSummary),
  }));
}

const overflow = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - window.innerWidth');

const lowTargets = (page: Page): Promise<string[]> =>
  page.evaluate(
    `[...document.querySelectorAll('button, .button, input:not([hidden], [type=hidden]), .actions a, .bar a')]
      .filter((one) => one.getBoundingClientRect().height < 44).map((one) => one.outerHTML)`,
  );

const setTextSize = (page: Page, size: string): Promise<void> =>
  page.evaluate(`document.documentElement.style.fontSize = ${JSON.stringify(size)}`);
