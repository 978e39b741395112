import type { Route } from 'playwright-core';

/** Lets a request of a page arrive and be carried out, and cuts its connection before the answer. */
export async function loseAnswer(route: Route): Promise<void> {
  // Chromium says only later where a request comes from, and without that it would be refused as another site's.
  const headers = { ...(await route.request().allHeaders()), 'sec-fetch-site': 'same-origin' };
  await route.fetch({ headers });
  await route.abort('connectionreset');
}
