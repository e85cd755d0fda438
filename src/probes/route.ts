/** Which registered route answered a request: what the app or a hook said, or what Express left. */
import type { IncomingMessage } from 'node:http';
import type { Http2Stream } from 'node:http2';
import { expressRoute } from './express-route.ts';
import { LONGEST_ROUTE, ROUTE } from './set-route.ts';

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
