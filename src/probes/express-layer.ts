/** One layer of an Express router: what it matches, and a route's registered text. Reads, changes nothing. */
import type { Matcher } from './express-learn.ts';
import { alternativesOf, type Keys } from './express-source.ts';

export type RoutePath = string | RegExp | readonly RoutePath[];

/** An Express `Route`: one registered path. */
export interface Route {
  readonly path: RoutePath;
  readonly stack: readonly unknown[];
}

/** An element of `router.stack`, as Express 4 (`regexp`) and router 2 (`matchers`) have it. */
export interface Layer {
  readonly route?: object;
  readonly handle: { readonly length: number; readonly name: string };
  /** What the last request that passed by matched, of whichever client. Not in router 2.3. */
  readonly params?: object;
  /** Express 4: a RegExp with two flags. */
  readonly regexp?: RegExp & { readonly fast_slash?: boolean; readonly fast_star?: boolean };
  /** Express 4: of the pattern. Router 2.0 to 2.2: names of the last match. */
  readonly keys?: Keys;
  readonly matchers?: readonly Matcher[];
  /** Router 2.3: as registered, arrays flattened. */
  readonly rawPath?: RoutePath;
  /** Router 2: mounted at `/`. */
  readonly slash?: boolean;
}

/** The part of a path that one registered element takes; undefined if it does not match. Pure. */
export type Prefix = (path: string) => string | undefined;

const prefixes = new WeakMap<Layer, readonly Prefix[]>();

/** One function per registered element if there are `count` of them and they can be told apart, else one for all. */
export function prefixesOf(layer: Layer, count: number): readonly Prefix[] {
  let found = prefixes.get(layer);
  if (found === undefined) {
    found = layer.regexp === undefined ? matcherPrefixes(layer) : regexpPrefixes(layer.regexp, count);
    prefixes.set(layer, found);
  }
  return found;
}

function regexpPrefixes(regexp: NonNullable<Layer['regexp']>, count: number): Prefix[] {
  if (regexp.fast_star === true) return [(path) => path];
  const parts = count > 1 ? alternativesOf(regexp.source) : [];
  if (parts.length !== count) return [regexpPrefix(regexp)];
  return parts.map((part) => regexpPrefix(new RegExp(part, regexp.flags)));
}

function matcherPrefixes({ matchers = [], rawPath }: Layer): Prefix[] {
  const paths = rawPath === undefined ? [] : flatPaths(rawPath);
  return matchers.map((matcher, i) => {
    const path = paths[i];
    return path instanceof RegExp ? regexpPrefix(path) : matcherPrefix(matcher);
  });
}

/** The app's own RegExp may be global or sticky: its `lastIndex` is the app's. */
function regexpPrefix(regexp: RegExp): Prefix {
  return (path) => {
    const { lastIndex } = regexp;
    const found = regexp.exec(path);
    regexp.lastIndex = lastIndex;
    return found === null ? undefined : found[0];
  };
}

function matcherPrefix(matcher: Matcher): Prefix {
  return (path) => {
    const taken = matcher(path);
    return taken === false ? undefined : taken.path;
  };
}

/** Whether a route's layer matches `path` to its end. */
export function routeTakes(layer: Layer, registered: RoutePath, path: string): boolean {
  return prefixesOf(layer, flatPaths(registered).length).some((prefix) => prefix(path) !== undefined);
}

/** The registered text of a route: of an array the element that takes `path`, or all where none can be told. */
export function routeText(layer: Layer, registered: RoutePath, path: string): string {
  if (!Array.isArray(registered)) return String(registered);
  const paths = flatPaths(registered);
  const elements = prefixesOf(layer, paths.length);
  const index = elements.length === paths.length ? elements.findIndex((prefix) => prefix(path) !== undefined) : -1;
  return index < 0 ? paths.join('|') : String(paths[index]);
}

export function flatPaths(path: RoutePath): (string | RegExp)[] {
  return Array.isArray(path) ? path.flatMap(flatPaths) : [path as string | RegExp];
}
