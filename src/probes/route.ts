/** Which registered route answered a request: said by the app or a hook, or read from Express. */
import type { IncomingMessage } from 'node:http';
import type { Http2Stream } from 'node:http2';
import { expressRoute } from './express-route.ts';

/** Where a route is noted: on the `IncomingMessage`, or on the `Http2Stream`, which the compat request shares. */
const ROUTE = Symbol.for('loadline.route');

/** Characters; a longer route is cut, so that one label stays small. */
export const LONGEST_ROUTE = 255;

/**
 * Says which route a request belongs to, for frameworks that loadline does not know: `setRoute(req, '/users/:id')`.
 * Takes an `IncomingMessage`, an `Http2ServerRequest` or an `Http2Stream`, any time before the response ends; the
 * last call counts. Give the pattern, never the URL. Anything but a non-empty string is ignored; text is cut at
 * 255 characters. Never throws.
 */
export function setRoute(request: object, route: string): void {
  if (typeof route !== 'string' || route === '') return;
  const text = route.length > LONGEST_ROUTE ? route.slice(0, LONGEST_ROUTE) : route;
  try {
    const target = request as { [ROUTE]?: string; stream?: unknown };
    target[ROUTE] = text;
    const stream = target.stream;
    if (typeof stream === 'object' && stream !== null) (stream as { [ROUTE]?: string })[ROUTE] = text;
  } catch {
    // A frozen or proxied request cannot carry a route; it has none then.
  }
}

/**
 * The registered pattern that answered, at most 255 characters, or undefined when nothing matched or nothing is
 * known. What `setRoute` said comes first, then Express. Never throws, changes nothing.
 *
 * Call it once per request, when the response is handed over (`'prefinish'`): what Express leaves on the request is
 * exact then. At `'close'` it also works, which is all there is for an aborted request: only where a handler called
 * `next()` after it had answered, or on Express before 5.3 under concurrency, may a stale route be taken for live.
 */
export function routeOf(request: IncomingMessage | Http2Stream, statusCode: number): string | undefined {
  try {
    const noted = (request as { [ROUTE]?: unknown })[ROUTE];
    if (typeof noted === 'string') return noted;
    const route = expressRoute(request as object, statusCode);
    return route !== undefined && route.length > LONGEST_ROUTE ? route.slice(0, LONGEST_ROUTE) : route;
  } catch {
    // An app may put anything at `req.route` or `req.app`, a getter that throws too: it has no route then.
    return undefined;
  }
}
