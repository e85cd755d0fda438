/** Whether a page of another site is behind a request: pure. */
import type { IncomingHttpHeaders } from 'node:http';

/**
 * Browsers say so (Fetch Metadata: `Sec-Fetch-Site`; older ones by `Origin`), other clients say nothing and are welcome.
 * Who follows a link opens a page of its own, which the site that has the link cannot read: that is fine.
 */
export function isForeign(headers: IncomingHttpHeaders): boolean {
  const { origin, host } = headers;
  if (origin !== undefined && hostOf(origin) !== host?.toLowerCase()) return true;
  const site = headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return false;
  return headers['sec-fetch-mode'] !== 'navigate' || headers['sec-fetch-dest'] !== 'document';
}

/** `example.org:8080`; undefined for `null` and for what is no origin. A front end may have spoken https with the browser. */
function hostOf(origin: string): string | undefined {
  return /^https?:\/\/([^/?#@\s]+)$/i.exec(origin)?.[1]?.toLowerCase();
}
