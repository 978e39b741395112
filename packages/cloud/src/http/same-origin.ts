/**
 * Whether a request that changes something was sent by a page of this site. Browsers say so themselves
 * (Sec-Fetch-Site, W3C Fetch Metadata; else Origin, RFC 6454), and no other site can make them lie: so forms need
 * no hidden token, which would tie them to a session before there is one.
 */
export function isSameOrigin(headers: Headers, origin: string): boolean {
  const site = headers.get('sec-fetch-site');
  if (site !== null) return site === 'same-origin';
  return headers.get('origin') === origin;
}
