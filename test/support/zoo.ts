/** The zoo of hangs: an app that hangs in many ways, and what the agent finds of it while it does. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Finding } from '../../src/reporter/findings.ts';
import { accepts, freePort } from './ports.ts';

const PRELOAD = fileURLToPath(new URL('../../../lib/src/register.cjs', import.meta.url));
export const ZOO_FILE = fileURLToPath(new URL('../fixtures/zoo-app.js', import.meta.url));
/** ms that an app may take to start, and a finding to be closed. */
const LIMIT = 30_000;

export interface Hang {
  /** Path and query of the fixture. */
  readonly path: string;
  readonly cause: string;
  /** The function that is guilty. */
  readonly culprit: string;
}

export const JAVASCRIPT: readonly Hang[] = [
  { path: '/graph?ms=600', cause: 'javascript', culprit: 'buildRevisionGraph' },
  { path: '/regexp?ms=600', cause: 'javascript', culprit: 'validateEmail' },
  { path: '/microtasks?ms=600', cause: 'javascript', culprit: 'drainQueue' },
];

/** Evidence of a stall, as far as tests look at it. */
export interface Evidence {
  readonly duration: number;
  readonly cause: string;
  readonly culprit: { readonly function: string; readonly file: string; readonly line: number } | null;
  readonly frames: readonly { readonly function: string }[];
  readonly stacks: { readonly count: number; readonly missing: string | null };
  readonly kernel: {
    readonly syscall: string | null;
    readonly file: string | null;
    readonly children: readonly { readonly command: string }[];
  } | null;
  readonly requests: {
    readonly count: number;
    readonly list: readonly { method: string; path: string; age: number }[];
  };
}

export type Stalled = Omit<Finding, 'evidence'> & { readonly evidence: Evidence };

export interface ZooOptions {
  readonly flags?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** One running app. Ends with `stop`. */
export class Zoo {
  readonly url: string;
  readonly child: ChildProcess;
  readonly #metrics: string;
  stderr = '';

  private constructor(child: ChildProcess, port: number, metricsPort: number) {
    this.child = child;
    this.url = `http://127.0.0.1:${port}`;
    this.#metrics = `http://127.0.0.1:${metricsPort}`;
    child.stderr!.on('data', (chunk) => {
      this.stderr += chunk;
    });
  }

  static async start({ flags = [], env = {} }: ZooOptions = {}): Promise<Zoo> {
    const [port, metricsPort] = [await freePort(), await freePort()];
    const child = spawn(process.execPath, [...flags, '--require', PRELOAD, ZOO_FILE], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        ...withoutOurs(process.env),
        PORT: String(port),
        OTEL_EXPORTER_PROMETHEUS_PORT: String(metricsPort),
        OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
        LOADLINE_STALL_THRESHOLD: '100',
        ...env,
      },
    });
    const zoo = new Zoo(child, port, metricsPort);
    const isUp = async () => (await accepts(port)) && (await accepts(metricsPort));
    if (!(await until(isUp))) throw new Error(`the app did not start: ${zoo.stderr}`);
    // The first requests compile code, which on a busy machine can be a stall of its own.
    for (let i = 0; i < 3; i++) await zoo.get('/');
    await sleep(300);
    return zoo;
  }

  async get(path: string): Promise<string> {
    return (await fetch(this.url + path, { headers: { connection: 'close' } })).text();
  }

  async metrics(): Promise<string> {
    return (await fetch(`${this.#metrics}/metrics`, { headers: { connection: 'close' } })).text();
  }

  /** Latest first. */
  async findings(): Promise<Stalled[]> {
    const response = await fetch(`${this.#metrics}/findings`, { headers: { connection: 'close' } });
    return ((await response.json()) as { findings: Stalled[] }).findings;
  }

  /**
   * Asks for a path and watches the findings meanwhile. `during`: the first one that is as wanted while the request has
   * no answer; `after`: the same finding when it is over.
   */
  async hang(
    path: string,
    wanted: (finding: Stalled) => boolean,
    found: () => void = () => {},
  ): Promise<{ during: Stalled | undefined; after: Stalled | undefined }> {
    const last = (await this.findings())[0]?.id ?? 0;
    let isAnswered = false;
    const answer = this.get(path).finally(() => {
      isAnswered = true;
    });
    let during: Stalled | undefined;
    while (!during && !isAnswered) {
      during = (await this.findings()).find(
        (finding) => finding.id > last && finding.until === null && wanted(finding),
      );
      await sleep(20);
    }
    found();
    await answer;
    let after: Stalled | undefined;
    const id = during?.id;
    await until(
      async () => {
        const list = await this.findings();
        after = list.find((finding) =>
          id === undefined ? finding.id > last && finding.kind === 'stall' : finding.id === id,
        );
        return after?.until != null;
      },
      id === undefined ? 2000 : LIMIT,
    );
    return { during, after };
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const over = once(child, 'exit');
    child.kill('SIGKILL');
    await over;
  }
}

/** Whether it becomes so in `limit` ms. */
export async function until(isSo: () => boolean | Promise<boolean>, limit = LIMIT): Promise<boolean> {
  for (const end = Date.now() + limit; Date.now() < end; await sleep(20)) if (await isSo()) return true;
  return false;
}

/** How many of `runs` runs of a hang named the guilty function, with the right cause, while it lasted. */
export async function score(
  zoo: Zoo,
  { path, cause, culprit }: Hang,
  runs: number,
): Promise<{ right: number; wrong: string[] }> {
  let right = 0;
  const wrong: string[] = [];
  for (let run = 0; run < runs; run++) {
    const isRight = ({ kind, evidence }: Stalled) =>
      kind === 'stall' && evidence.cause === cause && evidence.culprit?.function === culprit;
    const { during, after } = await zoo.hang(path, isRight);
    if (during && after && isRight(after)) right++;
    else wrong.push(after?.title ?? 'no finding');
    await sleep(100);
  }
  return { right, wrong };
}

function withoutOurs(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([key]) => !/^(LOADLINE|OTEL|NODE_OPTIONS|NODE_V8)/.test(key)));
}
