/** Adapters by name or module specifier: loaded on the reporter thread only, when they are asked for. */
import { timers } from '../clock.ts';
import type { AdapterEntry, Config } from '../config.ts';
import { describe, reasonOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { placeOf } from '../places.ts';
import type { Adapter, AdapterContext, AdapterFactory, Wants } from './adapter.ts';
import { resolveModule } from './resolve-module.ts';

/** ms that loading and making an adapter may take: the others wait for it once. */
const LOAD_LIMIT = 5000;

/** How each entry is called in logs and in `loadline.export.*`: twice the same module becomes `name` and `name#2`. */
export function adapterNames(entries: readonly AdapterEntry[]): string[] {
  const seen = new Map<string, number>();
  return entries.map((entry) => {
    const name = typeof entry === 'string' ? entry : entry.module;
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name}#${count}`;
  });
}

export interface LoadOptions {
  readonly entry: AdapterEntry;
  readonly name: string;
  readonly config: Config;
  /** Path of the app's main script. */
  readonly main: string | undefined;
  readonly context: AdapterContext;
  readonly log: Log;
}

export interface NamedAdapter {
  readonly name: string;
  readonly adapter: Adapter;
}

export interface LoadAllOptions extends Omit<LoadOptions, 'entry' | 'name' | 'context'> {
  readonly contextOf: (name: string) => AdapterContext;
}

/** All that the config asks for and that could be made, in its order; it is said of the others why not. Never rejects. */
export async function loadAdapters({ contextOf, ...options }: LoadAllOptions): Promise<readonly NamedAdapter[]> {
  const { adapters } = options.config;
  const names = adapterNames(adapters);
  const loaded = await Promise.all(
    adapters.map(async (entry, i) => {
      const name = names[i]!;
      const adapter = await loadAdapter({ ...options, entry, name, context: contextOf(name) });
      return adapter && { name, adapter };
    }),
  );
  return loaded.filter((each) => each !== undefined);
}

/** The adapter, or undefined when it could not be made, which is said: the others go on. */
export async function loadAdapter(options: LoadOptions): Promise<Adapter | undefined> {
  const { name, log } = options;
  try {
    return await inTime(make(options));
  } catch (error) {
    const missing = missingPackage(error);
    log.warn(
      missing === undefined
        ? describe('ERR_LOADLINE_ADAPTER_LOAD', { adapter: name, reason: reasonOf(error) })
        : describe('ERR_LOADLINE_ADAPTER_PEER', { adapter: name, package: missing }),
    );
    return undefined;
  }
}

async function make({ entry, config, main, context }: LoadOptions): Promise<Adapter> {
  const isOwn = typeof entry === 'string';
  const url = isOwn ? placeOf(`../adapters/${entry}.js`) : resolveModule(entry.module, main);
  const factory = await loadFactory(url);
  const adapter = await factory(isOwn ? config[entry] : entry.options, context);
  const problem = misshape(adapter);
  if (problem !== undefined) throw new Error(problem);
  return adapter;
}

/** What the module at that URL makes adapters with. Rejects as `import()` does, and when there is no such thing. */
export async function loadFactory(url: string): Promise<AdapterFactory> {
  const factory = defaultExport(await import(url));
  if (factory === undefined) throw new Error('its module has no function as default export');
  return factory;
}

/** Compiled CommonJS modules carry their default export within the default export. */
function defaultExport(module: { default?: unknown }): AdapterFactory | undefined {
  const found = module.default;
  const inner = typeof found === 'object' && found !== null ? (found as { default?: unknown }).default : found;
  return typeof inner === 'function' ? (inner as AdapterFactory) : undefined;
}

/** What keeps a value from being an adapter. */
export function misshape(adapter: unknown): string | undefined {
  if (typeof adapter !== 'object' || adapter === null) return 'its factory made no object';
  const { routes, push, close, wants = {} } = adapter as Partial<Record<keyof Adapter, unknown>>;
  if (push === undefined && routes === undefined) return 'it has neither routes nor push';
  if (push !== undefined && typeof push !== 'function') return 'its push is no function';
  if (close !== undefined && typeof close !== 'function') return 'its close is no function';
  if (typeof wants !== 'object' || wants === null) return 'its wants are no object';
  const { temporality = 'cumulative' } = wants as Partial<Record<keyof Wants, unknown>>;
  const known = temporality === 'cumulative' || temporality === 'delta';
  return known ? undefined : 'its temporality is neither cumulative nor delta';
}

/** The package that an import or require did not find; undefined for any other error, and for a missing file. */
export function missingPackage(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') return undefined;
  const specifier = /Cannot find (?:package|module) '([^']+)'/.exec(error.message)?.[1];
  return specifier && /^(@[\w.-]+\/[\w.-]+|[\w-][\w.-]*)(?=\/|$)/.exec(specifier)?.[0];
}

/** Rejects when the work takes longer than an adapter may take to load. */
export async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof timers.setTimeout> | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = timers.setTimeout(() => reject(new Error(`it took longer than ${LOAD_LIMIT} ms`)), LOAD_LIMIT);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    timers.clearTimeout(timer);
  }
}
