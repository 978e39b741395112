/**
 * Shows a page that came as the answer to a request of script, as if the browser had gone there: the answer is in
 * hand already, and going to ask for it would cost another round trip.
 *
 * @param own the script that calls this: it goes on with the new page itself
 * @throws {Error} if it is no page of this site: what stands between may answer, too
 */
export async function showAnswer(answer: Response, own: string): Promise<void> {
  const location = answer.headers.get('homeward-location');
  const isPage = answer.headers.get('content-type')?.startsWith('text/html') === true;
  if (!isPage || (answer.status >= 500 && location === null)) throw new Error('not a page of this site');
  const next = new DOMParser().parseFromString(await answer.text(), 'text/html');
  // Parsed without scripting, what is in them would show.
  for (const element of next.querySelectorAll('noscript')) element.remove();
  const scripts = [...next.querySelectorAll('script[src]')].map((script) => script.getAttribute('src') ?? '');
  for (const element of [...next.querySelectorAll('script'), ...document.querySelectorAll('script')]) {
    element.remove();
  }
  const path = location ?? new URL(answer.url).pathname;
  history.replaceState(null, '', path);
  document.title = next.title;
  document.documentElement.lang = next.documentElement.lang;
  document.body.replaceWith(document.adoptNode(next.body));
  for (const src of scripts.filter((path) => path !== own)) {
    const script = document.createElement('script');
    script.src = src;
    document.head.append(script);
  }
  focusStart();
  const [, seconds, address] = /^(\d+); url=(.+)$/.exec(answer.headers.get('refresh') ?? '') ?? [];
  if (address) setTimeout(() => window.location.assign(address), Number(seconds) * 1000);
}

/** Where a screen reader begins: what the page wants told first, else its heading. */
function focusStart(): void {
  window.scrollTo(0, 0);
  const start =
    document.querySelector<HTMLElement>('[autofocus]') ?? document.querySelector<HTMLElement>('h1');
  if (start === null) return;
  if (start.tabIndex < 0 && !start.hasAttribute('tabindex')) start.tabIndex = -1;
  start.focus();
}
