/**
 * Whether the route on an Express request is still at work, or `next()` has led away from it. Judges by what the
 * routers leave on the request itself: what they leave on a layer belongs to whichever request passed last.
 */
import type { Layer, RoutePath } from './express-layer.ts';
import type { Chain } from './express-tree.ts';

/** The part of a request that tells. Every router makes `params` anew for each layer that matches. */
export interface Traces {
  readonly params?: object;
  /** Router 2.3: every error that was passed to `next`. */
  readonly [ERRORS]?: unknown;
}

const ERRORS: unique symbol = Symbol.for('router.tracing.publishedErrors') as never;
/** Router 2.3 keeps the pattern of the layer matched last under a symbol with this name. */
const MATCHED = 'router.tracing.matchedRoute';
const REQUIRED_NAMES = /[:*]([\p{ID_Start}$_][\p{ID_Continue}$]*)/gu;
const OPTIONAL_PARTS = /\{[^{}]*\}/g;

let matchedSymbol: symbol | undefined;
const names = new WeakMap<Layer, readonly string[]>();

/**
 * Whether the layer that matched last is the route's own, given that `req.baseUrl` fits the chain. Then only another
 * layer that leaves as much of the path can have followed: middleware or an error handler at `/` or at the same mount.
 */
export function isLive(request: Traces, chain: Chain, statusCode: number): boolean {
  const { layer } = chain;
  const { params } = request;
  if (layer.rawPath !== undefined) {
    const pattern = matchedPattern(request);
    return isOneOf(pattern, layer.rawPath) && (pattern !== '/' || isOfPath(params, chain));
  }
  if (params !== undefined && layer.params === params) return true;
  const required = namesOf(layer, chain.route.path);
  if (required.length > 0) return typeof params === 'object' && required.some((name) => name in params);
  if (ownerOf(params, chain) !== undefined) return false;
  return statusCode !== 404 || layer.regexp !== undefined || isOfPath(params, chain);
}

/**
 * Whether params may come from a path that router 2 parsed, rather than from a mount at `/`: only the former have no
 * prototype. Those merged with a parent's, and those of a RegExp, do not tell.
 */
function isOfPath(params: object | undefined, { routers, route }: Chain): boolean {
  if (routers.at(-1)?.mergeParams === true || typeof route.path !== 'string') return true;
  return typeof params === 'object' && params !== null && Object.getPrototypeOf(params) === null;
}

/**
 * Whether an error led from the route to the layer that answered. A 404 counts as none: it is the plain end of the
 * routes, or middleware there that makes an error of it.
 */
export function isFailed(request: Traces, chain: Chain, statusCode: number): boolean {
  if (statusCode === 404) return false;
  if (chain.layer.rawPath !== undefined) {
    const errors = request[ERRORS];
    return errors instanceof Set && errors.size > 0;
  }
  const owner = ownerOf(request.params, chain);
  return owner === undefined ? statusCode >= 400 : owner.handle.length === 4;
}

/** The layer on the way that made these params; none if another request has passed by it since. */
function ownerOf(params: object | undefined, chain: Chain): Layer | undefined {
  if (params === undefined) return undefined;
  for (const router of chain.routers) {
    for (const layer of router.stack) if (layer.params === params) return layer;
  }
  return undefined;
}

function matchedPattern(request: object): unknown {
  const bag = request as { [symbol: symbol]: unknown };
  const known = matchedSymbol === undefined ? undefined : bag[matchedSymbol];
  if (known !== undefined) return known;
  matchedSymbol = Object.getOwnPropertySymbols(request).find((symbol) => symbol.description === MATCHED);
  return matchedSymbol === undefined ? undefined : bag[matchedSymbol];
}

function isOneOf(pattern: unknown, path: RoutePath): boolean {
  return pattern === path || (Array.isArray(path) && path.includes(pattern));
}

/** The parameters that every match of the route sets. */
function namesOf(layer: Layer, path: RoutePath): readonly string[] {
  let found = names.get(layer);
  if (found === undefined) {
    found = layer.regexp === undefined ? namesInPath(path) : (layer.keys ?? []).map(({ name }) => String(name));
    names.set(layer, found);
  }
  return found;
}

function namesInPath(path: RoutePath): string[] {
  if (typeof path !== 'string') return [];
  return Array.from(path.replace(OPTIONAL_PARTS, '').matchAll(REQUIRED_NAMES), (match) => match[1]!);
}
