/** Processes of a service on this machine, each with the agent, in a folder of the test's own to meet in. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { type Metrics, readMetrics } from '../support/metrics-text.ts';
import { freePort } from '../support/ports.ts';

export const PRELOAD = fileURLToPath(new URL('../../../lib/src/register.cjs', import.meta.url));
const APP = fileURLToPath(new URL('../fixtures/group-app.js', import.meta.url));
/** ms for whatever must come true, on a machine that is busy with other things. */
const PATIENCE = 30_000;

const OF_MACHINE = /: process starved of CPU for|: machine suspended for/;

export interface Member {
  readonly pid: number;
  readonly port: number;
  readonly child: ChildProcess;
  /** Lines of the agent on stderr, without what it says of a machine that was busy with other things. */
  lines(): readonly string[];
  /** `count` requests, one after the other; resolves when all are answered. */
  get(path?: string, count?: number): Promise<void>;
  /** Resolves when it is over. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  over(): Promise<void>;
}

export interface Service {
  readonly folder: string;
  readonly metricsPort: number;
  readonly env: NodeJS.ProcessEnv;
  start(options?: StartOptions): Promise<Member>;
  scrape(): Promise<Metrics>;
  /** What the scrape that fulfils the condition shows. */
  until(wanted: (metrics: Metrics) => boolean, why: string): Promise<Metrics>;
}

export interface StartOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly script?: string;
  readonly args?: readonly string[];
  readonly preload?: boolean;
}

export const COUNT = 'http_server_request_duration_seconds_count';
export const PROCESSES = 'loadline_group_processes';

/** Nothing is started yet. Everything ends with the test. */
export async function service(t: ExecutionContext, settings: NodeJS.ProcessEnv = {}): Promise<Service> {
  // A socket's path is short.
  const folder = mkdtempSync(join(tmpdir(), 'll-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const metricsPort = await freePort();
  const clean = Object.entries(process.env).filter(([key]) => !/^(LOADLINE|OTEL|NODE_OPTIONS|NODE_V8)/.test(key));
  const env = {
    ...Object.fromEntries(clean),
    XDG_RUNTIME_DIR: folder,
    OTEL_SERVICE_NAME: 'shop',
    // On a machine that is busy with other things half a second may be too short.
    LOADLINE_EXIT_FLUSH: '10000',
    OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
    OTEL_EXPORTER_PROMETHEUS_PORT: String(metricsPort),
    ...settings,
  };
  const scrape = async () => {
    const response = await fetch(`http://127.0.0.1:${metricsPort}/metrics`, { headers: { connection: 'close' } });
    return readMetrics(await response.text());
  };
  return {
    ...{ folder, metricsPort, env, scrape },
    start: (options) => startMember(t, env, options),
    until: (wanted, why) =>
      until(async () => {
        const metrics = await scrape();
        return wanted(metrics) ? metrics : undefined;
      }, why),
  };
}

/** What `look` gives once it gives something; while it throws, it is asked again. */
export async function until<T>(look: () => Promise<T | undefined> | T | undefined, why: string): Promise<T> {
  let last: unknown;
  for (const end = Date.now() + PATIENCE; Date.now() < end; await sleep(20)) {
    try {
      const found = await look();
      if (found) return found;
    } catch (error) {
      last = error;
    }
  }
  throw new Error(`waited in vain: ${why}${last === undefined ? '' : ` (${last})`}`);
}

async function startMember(t: ExecutionContext, env: NodeJS.ProcessEnv, options: StartOptions = {}): Promise<Member> {
  const { script = APP, args = [], preload = true, uid } = options;
  const flags = preload ? ['--require', PRELOAD] : [];
  const child = spawn(process.execPath, [...flags, script, ...args], {
    env: { ...env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid !== undefined && { uid, gid: uid }),
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  t.teardown(async () => {
    child.kill('SIGKILL');
    await closed;
    if (!t.passed && stderr) t.log(`${child.pid}: ${stderr}`);
  });
  const text = await until(() => {
    if (isOver()) throw new Error(stderr);
    return stdout.includes('\n') ? stdout : undefined;
  }, 'a process that listens');
  const { port } = JSON.parse(text.split('\n')[0]!) as { port: number };
  return {
    ...{ pid: child.pid!, port, child },
    lines: () => stderr.split('\n').filter((line) => line.startsWith('loadline: ') && !OF_MACHINE.test(line)),
    async get(path = '/', count = 1) {
      for (let i = 0; i < count; i++) await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
    },
    async kill(signal = 'SIGKILL') {
      child.kill(signal);
      await closed;
    },
    over: () => closed,
  };
}

/** Several processes that have found each other. */
export async function startAll(shop: Service, count: number): Promise<Member[]> {
  const members: Member[] = [];
  for (let i = 0; i < count; i++) {
    members.push(await shop.start());
    await shop.until((metrics) => i === 0 || alive(metrics) === i + 1, `${i + 1} processes`);
  }
  return members;
}

export function alive(metrics: Metrics): number {
  return metrics.sum(PROCESSES, { state: 'alive' });
}
