/** The path of a mount, `app.use(path, …)`: what it takes of a path, and the text it was registered with. */
import { flatPaths, type Layer, type Prefix, prefixesOf } from './express-layer.ts';
import { learnText, type Matched, type Matcher, textOfKeys } from './express-learn.ts';
import { mountTexts } from './express-source.ts';

/** What a mount took of a path. */
export interface Taken {
  readonly prefix: string;
  /** The registered text, without a slash at the end. */
  readonly text: string;
}

export interface Mount {
  /** The registered text, where there is one and it is known without a request. */
  readonly text: string | undefined;
  /** Whether `text` holds no parameter, wildcard or other special character. */
  readonly literal: boolean;
  /** Undefined if the path does not begin with this mount. Pure. */
  take(path: string): Taken | undefined;
}

const SPECIAL = /[:*{}()[\]+?!\\"|^$]/;
/** Stands for a RegExp whose source router 2.0 to 2.2 hides. */
const HIDDEN_REGEXP = '/(regexp)';

const mounts = new WeakMap<Layer, Mount>();

/** The mount of a layer that is no route; undefined if its path is `/`, which adds nothing. */
export function mountOf(layer: Layer): Mount | undefined {
  if (layer.slash === true || layer.regexp?.fast_slash === true) return undefined;
  let mount = mounts.get(layer);
  if (mount === undefined) {
    mount = readMount(layer);
    mounts.set(layer, mount);
  }
  return mount;
}

function readMount(layer: Layer): Mount {
  const registered = registeredPaths(layer);
  if (registered === undefined) return unnamedMount(layer.matchers ?? []);
  return namedMount(registered, prefixesOf(layer, registered.length));
}

function registeredPaths({ regexp, keys = [], rawPath }: Layer): (string | RegExp)[] | undefined {
  if (regexp === undefined) return rawPath === undefined ? undefined : flatPaths(rawPath);
  if (regexp.fast_star === true) return ['*'];
  return mountTexts(regexp.source, keys) ?? [regexp];
}

function namedMount(registered: readonly (string | RegExp)[], prefixes: readonly Prefix[]): Mount {
  const texts = registered.map((path) => (path instanceof RegExp ? String(path) : withoutSlash(path)));
  const [text] = texts.length === 1 ? texts : [];
  return {
    text,
    literal: text !== undefined && typeof registered[0] === 'string' && !SPECIAL.test(text),
    take(path) {
      for (let i = 0; i < prefixes.length; i++) {
        const prefix = prefixes[i]!(path);
        if (prefix !== undefined) return { prefix, text: texts[i]! };
      }
      return undefined;
    },
  };
}

function unnamedMount(matchers: readonly Matcher[]): Mount {
  const learned = matchers.map(() => new Map<string, string>());
  return {
    text: undefined,
    literal: false,
    take(path) {
      for (let i = 0; i < matchers.length; i++) {
        const taken = matchers[i]!(path);
        if (taken !== false) return { prefix: taken.path, text: learnedText(matchers[i]!, taken, learned[i]!) };
      }
      return undefined;
    },
  };
}

/** `learned`: text by the names that matched, which tell the forms of a path with optional parts apart. */
function learnedText(matcher: Matcher, taken: Matched, learned: Map<string, string>): string {
  if (matcher.name === 'regexpMatcher') return HIDDEN_REGEXP;
  const names = Object.keys(taken.params).join();
  const known = learned.get(names);
  if (known !== undefined) return known;
  const text = learnText(matcher, taken);
  if (text === undefined) return textOfKeys(taken);
  learned.set(names, withoutSlash(text));
  return withoutSlash(text);
}

function withoutSlash(text: string): string {
  return text.replace(/\/+$/, '');
}
