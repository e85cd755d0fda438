/**
 * The bridges that `LOADLINE_BRIDGES` asks for: finds the app's own copy of a metrics library and registers a sampler
 * for it. The bridges themselves are `adapters/`, loaded when asked for.
 */
import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type BridgeName, parse } from './config.ts';
import { describe, reasonOf } from './errors.ts';
import { createLog, type Log } from './log.ts';
import { requireOwn } from './places.ts';
import { processState } from './process-state.ts';
import { register } from './sampler/registry.ts';
import type { Sampler } from './sampler/sampler.ts';

const PACKAGES: Readonly<Record<BridgeName, readonly string[]>> = {
  // One of them is enough.
  'prom-client': ['prom-client', '@prometheus-io/client'],
  // Both are needed.
  opentelemetry: ['@opentelemetry/api', '@opentelemetry/sdk-metrics'],
};

/** What is used of `adapters/prom-client.ts` and `adapters/opentelemetry.ts`. */
interface PromClientBridge {
  fromPromClient(registry: unknown): Sampler;
}
interface OpenTelemetryBridge {
  provideGlobally(
    api: unknown,
    load: () => unknown,
    onSampler: (sampler: Sampler) => void,
    onFailure: (error: unknown) => void,
  ): boolean;
}

/**
 * For a preload, before the app's own code: takes what has to be there first, which is the global `MeterProvider` of
 * OpenTelemetry, and returns what registers a bridge to prom-client once the app itself has loaded it. Says nothing:
 * whether the process will be measured is not known yet, and the agent says what is wrong when it starts. Never throws.
 */
export function armBridges(env: NodeJS.ProcessEnv): () => void {
  const { bridges, log: level } = parse({}, env).config;
  if (bridges.includes('opentelemetry')) attempt(() => provideOpenTelemetry(createLog(level)));
  return () => {
    if (bridges.includes('prom-client')) attempt(() => registerPromClient((file) => file in createRequire(file).cache));
  };
}

/** When the agent starts: registers what is not there yet, and says in one line what cannot be. Never throws. */
export function startBridges(names: readonly BridgeName[], log: Log): void {
  for (const bridge of names) {
    const start = bridge === 'prom-client' ? () => registerPromClient(() => true) : () => provideOpenTelemetry(log);
    const problem = attempt(start);
    if (problem !== undefined) say(bridge, problem, log);
  }
}

/** @throws Error when the app has none of the packages. */
function registerPromClient(wanted: (file: string) => boolean): void {
  const bridged = bridgedFiles();
  let found = false;
  let reason: unknown;
  for (const name of PACKAGES['prom-client']) {
    try {
      const file = resolveInApp(name);
      found = true;
      if (bridged.has(file) || !wanted(file)) continue;
      const { register: registry } = createRequire(file)(file) as { register: unknown };
      register((requireOwn('../adapters/prom-client.js') as PromClientBridge).fromPromClient(registry));
      bridged.add(file);
    } catch (error) {
      reason ??= error;
    }
  }
  if (!found) throw reason;
}

/** @throws Error when the app has no `@opentelemetry/api`. */
function provideOpenTelemetry(log: Log): void {
  const bridged = bridgedFiles();
  const [api, sdk] = PACKAGES.opentelemetry as [string, string];
  const file = resolveInApp(api);
  if (bridged.has(file)) return;
  const load = () => createRequire(file)(resolveInApp(sdk));
  const onFailure = (error: unknown) => say('opentelemetry', error, log);
  const { provideGlobally } = requireOwn('../adapters/opentelemetry.js') as OpenTelemetryBridge;
  provideGlobally(createRequire(file)(file), load, (sampler) => void register(sampler), onFailure);
  bridged.add(file);
}

/** Shared by all copies of this package: a library that was bridged twice would count twice. */
function bridgedFiles(): Set<string> {
  const state = processState();
  state.bridged ??= new Set();
  return state.bridged;
}

/** @throws Error when neither the main script nor the working directory finds it; the first one's reason. */
function resolveInApp(name: string): string {
  let reason: unknown;
  for (const place of places()) {
    try {
      return createRequire(place).resolve(name);
    } catch (error) {
      reason ??= error;
    }
  }
  throw reason;
}

/** The main script, as far as there is one, and any file of the working directory. */
function places(): string[] {
  const folder = join(process.cwd(), 'index.js');
  const [, script] = process.argv;
  if (script === undefined) return [folder];
  try {
    return [realpathSync(script), folder];
  } catch {
    // `node app` for `app.js`: the folder is the same.
    return [script, folder];
  }
}

function say(bridge: BridgeName, error: unknown, log: Log): void {
  const [reason] = reasonOf(error).split('\n') as [string];
  const packages = PACKAGES[bridge].join(bridge === 'prom-client' ? ' or ' : ' ');
  const params = { bridge, packages, place: process.argv[1] ?? process.cwd(), reason };
  log.once(`bridge:${bridge}`, describe('ERR_LOADLINE_BRIDGE_MISSING', params));
}

/** What was thrown, undefined when nothing was. */
function attempt(run: () => void): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error ?? new Error('it failed');
  }
}
