/** The route of a request, as the app or a hook says it. */

/** Where a route is noted: on the `IncomingMessage`, or on the `Http2Stream`, which the compat request shares. */
export const ROUTE: unique symbol = Symbol.for('loadline.route');

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
