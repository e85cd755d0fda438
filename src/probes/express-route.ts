/**
 * Express 4 and 5: which registered route answered. Reads what the routers leave on the request; patches nothing.
 *
 * `req.route` is the last route that was entered, and stays when it calls `next()`. So the question is whether the
 * layer handled last is that route's own, or, if not, whether an error led away from it.
 */
import type { Route } from './express-layer.ts';
import { isFailed, isLive, type Traces } from './express-live.ts';
import { type App, type Chain, chainsTo, MOST_CHAINS, nameAtBase, nameAtPath, pathOf } from './express-tree.ts';

/** What Express puts on a request. An app without Express may use any of it for something else. */
interface ExpressRequest extends Traces {
  readonly app?: App;
  readonly route?: Route;
  /** The part of the path that the routers took. */
  readonly baseUrl?: string;
  /** What they left. */
  readonly url?: string;
  /** Undefined again once the outermost router was left. */
  readonly next?: unknown;
}

/** What is known of one route. */
interface Known {
  /** The apps that were searched for it, and the one of the last request. */
  readonly apps: WeakSet<App>;
  lastApp: App | undefined;
  /** At most 64, the newest. */
  chains: readonly Chain[];
  /** Requests that fitted no chain. */
  misses: number;
}

const routes = new WeakMap<Route, Known>();

/** The registered pattern, or undefined when no route answered or none is known. Throws what the app's getters throw. */
export function expressRoute(request: ExpressRequest, statusCode: number): string | undefined {
  const { route, app } = request;
  if (typeof route !== 'object' || typeof app !== 'function' || !Array.isArray(route?.stack)) return undefined;
  const known = knownOf(route, app);
  if (request.next === undefined) return statusCode === 404 ? undefined : failedAt(request, known)?.name;
  const name = liveName(request, known, statusCode);
  if (name !== undefined) return name;
  const grown = missed(known, route, app) ? liveName(request, known, statusCode) : undefined;
  if (grown !== undefined) return grown;
  const failed = failedAt(request, known);
  return failed !== undefined && isFailed(request, failed.chain, statusCode) ? failed.name : undefined;
}

function liveName(request: ExpressRequest, { chains }: Known, statusCode: number): string | undefined {
  const { baseUrl = '', url = '/' } = request;
  for (const chain of chains) {
    const name = nameAtBase(chain, baseUrl, url);
    if (name !== undefined && isLive(request, chain, statusCode)) return name;
  }
  return undefined;
}

/** By the whole path, since an error resets `req.baseUrl`; where a URL was rewritten on the way, by the only way there is. */
function failedAt(request: ExpressRequest, { chains }: Known): { chain: Chain; name: string } | undefined {
  const path = (request.baseUrl ?? '') + pathOf(request.url ?? '/');
  for (const chain of chains) {
    const name = nameAtPath(chain, path);
    if (name !== undefined) return { chain, name };
  }
  const [only] = chains;
  return chains.length === 1 && only?.name !== undefined ? { chain: only, name: only.name } : undefined;
}

function knownOf(route: Route, app: App): Known {
  let known = routes.get(route);
  if (known === undefined) {
    known = { apps: new WeakSet(), lastApp: undefined, chains: [], misses: 0 };
    routes.set(route, known);
  }
  if (known.lastApp !== app) {
    known.lastApp = app;
    if (!known.apps.has(app)) search(known, route, app);
  }
  return known;
}

/** The tree may have grown since it was searched: looks again after 1, 2, 4, 8, … misses. Whether it found a new way. */
function missed(known: Known, route: Route, app: App): boolean {
  known.misses++;
  if ((known.misses & (known.misses - 1)) !== 0) return false;
  const before = known.chains;
  search(known, route, app);
  return known.chains.some((chain) => !before.some((other) => isSame(chain, other)));
}

function search(known: Known, route: Route, app: App): void {
  known.apps.add(app);
  const found = chainsTo(route, app);
  const isNew = (chain: Chain) => !found.some((other) => isSame(chain, other));
  known.chains = [...known.chains.filter(isNew), ...found].slice(-MOST_CHAINS);
}

function isSame(a: Chain, b: Chain): boolean {
  return (
    a.layer === b.layer && a.mounts.length === b.mounts.length && a.mounts.every((mount, i) => mount === b.mounts[i])
  );
}
