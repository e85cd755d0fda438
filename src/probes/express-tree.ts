/** Where a route sits in the tree of apps, routers and mounts of an Express app. Reads, changes nothing. */
import { type Layer, type Route, routeTakes, routeText } from './express-layer.ts';
import { type Mount, mountOf } from './express-mount.ts';

/** An Express app: its router under the name of Express 4 or of Express 5. */
export interface App {
  readonly _router?: Router;
  readonly router?: Router;
  /** Express 4 only, where reading `router` throws. */
  readonly lazyrouter?: unknown;
  /** The app that this one was last mounted in. */
  readonly parent?: App;
  readonly mountpath?: unknown;
}

export interface Router {
  readonly stack: readonly Layer[];
  readonly mergeParams?: boolean;
}

/** One way from the outermost app to a route. */
export interface Chain {
  /** The mounts on the way, without those at `/`. */
  readonly mounts: readonly Mount[];
  /** The routers on the way; the last one holds `layer`. */
  readonly routers: readonly Router[];
  /** The route's own layer. */
  readonly layer: Layer;
  readonly route: Route;
  /** All mounts' text, where it is literal: what `req.baseUrl` is, up to case. */
  readonly base: string | undefined;
  /** The whole pattern, where it does not depend on the request. */
  readonly name: string | undefined;
}

type Trail = Pick<Chain, 'mounts' | 'routers'>;

const DEEPEST = 16;
export const MOST_CHAINS = 64;
/** Layers looked at in one search. */
const LONGEST_SEARCH = 100_000;

/** Every way to `route` from `app` and the apps that it is mounted in. At most 64. */
export function chainsTo(route: Route, app: App): Chain[] {
  const chains: Chain[] = [];
  const search = { route, chains, budget: LONGEST_SEARCH };
  for (let at: App | undefined = app, depth = 0; at !== undefined && depth < DEEPEST; at = at.parent, depth++) {
    const router = routerOf(at);
    if (router === undefined) continue;
    for (const trail of trailsTo(at, depth)) walk(router, trail, search);
  }
  return chains;
}

export function routerOf(app: App): Router | undefined {
  const router = app._router ?? (app.lazyrouter === undefined ? app.router : undefined);
  return Array.isArray(router?.stack) ? router : undefined;
}

/** A mounted app hides behind a closure: each closure of its parent may be the one. Those of its `mountpath` come first. */
function trailsTo(app: App, depth: number): Trail[] {
  const { parent } = app;
  if (parent === undefined || depth > DEEPEST) return [{ mounts: [], routers: [] }];
  const router = routerOf(parent);
  const layers = router?.stack.filter((layer) => layer.handle.name === 'mounted_app') ?? [];
  const mountPath = String(app.mountpath).replace(/\/+$/, '');
  const isLast = (layer: Layer) => (mountOf(layer)?.text ?? '') === mountPath;
  const ranked = [...layers.filter(isLast), ...layers.filter((layer) => !isLast(layer))];
  const outer = trailsTo(parent, depth + 1);
  return outer.flatMap((trail) => ranked.map((layer) => extend(trail, router!, layer))).slice(0, MOST_CHAINS);
}

function walk(router: Router, trail: Trail, search: { route: Route; chains: Chain[]; budget: number }): void {
  if (trail.routers.length > DEEPEST) return;
  for (const layer of router.stack) {
    if (--search.budget < 0 || search.chains.length >= MOST_CHAINS) return;
    if (layer.route === search.route) search.chains.push(chainOf(trail, router, layer, search.route));
    const inner = layer.route === undefined ? innerRouter(layer.handle) : undefined;
    if (inner !== undefined) walk(inner, extend(trail, router, layer), search);
  }
}

/** The router that a mount leads to, or that of an app mounted with `router.use`, which makes no closure. */
function innerRouter(handle: object): Router | undefined {
  if (Array.isArray((handle as Partial<Router>).stack)) return handle as Router;
  const app = handle as { handle?: unknown; set?: unknown };
  return typeof app.handle === 'function' && typeof app.set === 'function' ? routerOf(handle as App) : undefined;
}

function extend(trail: Trail, router: Router, layer: Layer): Trail {
  const mount = mountOf(layer);
  return {
    mounts: mount === undefined ? trail.mounts : [...trail.mounts, mount],
    routers: [...trail.routers, router],
  };
}

function chainOf({ mounts, routers }: Trail, router: Router, layer: Layer, route: Route): Chain {
  const known = mounts.every((mount) => mount.text !== undefined);
  const before = mounts.map((mount) => mount.text).join('');
  return {
    mounts,
    routers: [...routers, router],
    layer,
    route,
    base: mounts.every((mount) => mount.literal) ? before : undefined,
    name: known && !Array.isArray(route.path) ? join(before, routeText(layer, route.path, '')) : undefined,
  };
}

/**
 * The chain's pattern if `baseUrl`, the part of the path that the routers took, is what its mounts take; `url` is
 * what they left. Else undefined.
 */
export function nameAtBase(chain: Chain, baseUrl: string, url: string): string | undefined {
  if (chain.base === undefined) {
    const before = takeMounts(chain, baseUrl);
    return before === undefined || before.rest !== '/' ? undefined : nameOf(chain, before.text, url);
  }
  const { base } = chain;
  const same = base.length === baseUrl.length && (base === baseUrl || base.toLowerCase() === baseUrl.toLowerCase());
  return same ? nameOf(chain, base, url) : undefined;
}

/** The chain's pattern if the whole path leads along it, else undefined. */
export function nameAtPath(chain: Chain, path: string): string | undefined {
  const before = takeMounts(chain, path);
  if (before === undefined || !routeTakes(chain.layer, chain.route.path, before.rest)) return undefined;
  return nameOf(chain, before.text, before.rest);
}

function takeMounts(chain: Chain, path: string): { text: string; rest: string } | undefined {
  let text = '';
  let rest = path;
  for (const mount of chain.mounts) {
    const taken = mount.take(rest);
    if (taken === undefined) return undefined;
    text += taken.text;
    rest = rest.slice(taken.prefix.length);
    if (!rest.startsWith('/')) rest = `/${rest}`;
  }
  return { text, rest: rest === '' ? '/' : rest };
}

function nameOf({ name, layer, route }: Chain, before: string, url: string): string {
  if (name !== undefined) return name;
  return join(before, Array.isArray(route.path) ? routeText(layer, route.path, pathOf(url)) : String(route.path));
}

function join(before: string, after: string): string {
  if (before === '') return after;
  if (after === '/' || after === '') return before;
  return after.startsWith('/') ? before + after : `${before}/${after}`;
}

/** The path of a request target, which is `/path?query` or `http://host/path?query`. */
export function pathOf(target: string): string {
  const query = target.search(/[?#]/);
  const bare = query < 0 ? target : target.slice(0, query);
  if (bare.startsWith('/')) return bare;
  const host = bare.indexOf('://');
  const slash = host < 0 ? -1 : bare.indexOf('/', host + 3);
  return slash < 0 ? '/' : bare.slice(slash);
}
