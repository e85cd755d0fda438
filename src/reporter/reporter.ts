/** The main thread's side of the reporter: starts the thread, supervises it, passes messages, stops it. */
import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { now, timers } from '../clock.ts';
import { describe, reasonOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { pathOf } from '../places.ts';
import type { MetricSnapshot, Snapshot } from '../snapshot/snapshot.ts';
import { Answers } from './answers.ts';
import { ExitFlush } from './exit-flush.ts';
import { KeptMaps } from './kept-maps.ts';
import type { KeptThreads, ReporterData, ToApp, ToReporter } from './messages.ts';

const WORKER_FILE = pathOf('reporter/worker.js');
/** Deaths within `DEATH_WINDOW` ms that end it. */
const DEATHS_TO_GIVE_UP = 3;
const DEATH_WINDOW = 60_000;
/** ms until a thread that died is started again. */
const RESTART_AFTER = 200;
/** ms that a stop may take before the thread is terminated. */
const STOP_LIMIT = 2000;

export interface ReporterOptions {
  readonly data: Omit<ReporterData, 'threads' | 'delivered' | 'isRestart'>;
  /** What reporters tell of worker threads, for the next one. Written here. */
  readonly threads: KeptThreads;
  /** What adapters were given; kept up to date, and each reporter gets it. */
  readonly delivered: Map<string, SharedArrayBuffer>;
  readonly log: Log;
  /** Asks the app's samplers for a round. Must not reject. */
  collect(): Promise<readonly MetricSnapshot[]>;
  /** The same without waiting, for a process that ends. Must not throw. */
  collectNow(): readonly MetricSnapshot[];
}

/** Nothing here throws. The thread keeps no process alive. */
export class Reporter {
  readonly #options: ReporterOptions;
  readonly #deaths: number[] = [];
  #worker: Worker | undefined;
  #restart: ReturnType<typeof timers.setTimeout> | undefined;
  #stopping = false;
  #isReady = false;
  #resolve!: (url: string | undefined) => void;
  readonly #ready = new Promise<string | undefined>((resolve) => {
    this.#resolve = resolve;
  });
  /** Somebody waits for it to be ready: until then the thread keeps the process alive, and never otherwise. */
  #isAwaited = false;
  readonly #snapshots = new Answers<Snapshot>();

  readonly #exitFlush: ExitFlush;
  readonly #keptMaps: KeptMaps;

  constructor(options: ReporterOptions) {
    this.#options = options;
    this.#exitFlush = new ExitFlush(options.data.config, options.collectNow, () => this.#worker);
    this.#keptMaps = new KeptMaps(options.threads, (map) => {
      if (this.#worker) this.#tell(this.#worker, { type: 'map', map });
    });
  }

  /** Resolves with the URL of the reporter's server (undefined: it has none) once it serves, can't, or is stopped. */
  ready(): Promise<string | undefined> {
    this.#isAwaited = true;
    if (!this.#isReady) {
      this.#worker?.ref();
      this.#restart?.ref();
    }
    return this.#ready;
  }

  /**
   * What the reporter shows now, without what samplers of this scope put. Undefined when it does not answer within
   * `limit` ms. The process stays alive while it waits.
   */
  snapshot(without: string, limit: number): Promise<Snapshot | undefined> {
    const worker = this.#worker;
    if (worker === undefined) return Promise.resolve(undefined);
    return this.#snapshots.ask(limit, (number) => this.#tell(worker, { type: 'snapshot', number, without }));
  }

  /** False when the thread can't be had here, which is said in one line. */
  start(): boolean {
    const problem = whyNot();
    if (problem) {
      this.#giveUp(problem);
      return false;
    }
    try {
      this.#keptMaps.open();
      this.#worker = this.#spawn();
      this.#exitFlush.arm();
      return true;
    } catch (error) {
      this.#giveUp(describe('ERR_LOADLINE_REPORTER_FILE', { file: WORKER_FILE, reason: reasonOf(error) }));
      return false;
    }
  }

  /** Delivers the last interval now, as the end of the process does. For a process that is ending already. */
  flush(): void {
    this.#exitFlush.flush();
  }

  /** Lets the thread deliver and end; terminates it after 2 s. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#exitFlush.disarm();
    timers.clearTimeout(this.#restart);
    const worker = this.#worker;
    this.#worker = undefined;
    if (!worker) {
      this.#keptMaps.close();
      return this.#settle(undefined);
    }
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    worker.ref();
    this.#tell(worker, { type: 'stop' });
    const limit = timers.setTimeout(() => void worker.terminate(), STOP_LIMIT);
    await ended;
    this.#keptMaps.close();
    timers.clearTimeout(limit);
    this.#settle(undefined);
  }

  #spawn(): Worker {
    const worker = new Worker(WORKER_FILE, {
      name: 'loadline',
      workerData: {
        ...this.#options.data,
        threads: this.#options.threads,
        delivered: this.#options.delivered,
        isRestart: this.#deaths.length > 0,
      } satisfies ReporterData,
      // Inherited, these would load the agent (or another one) into its own thread.
      execArgv: [],
      env: withoutNodeOptions(process.env),
      stdin: false,
      // Not piped to the process's own: that would open those, which the app can see. The thread writes to neither.
      stdout: true,
      stderr: true,
      trackUnmanagedFds: false,
    });
    let reason = 'it ended by itself';
    worker.on('message', (message: ToApp) => this.#onMessage(worker, message));
    worker.on('error', (error) => {
      reason = reasonOf(error);
    });
    worker.on('exit', () => this.#onExit(worker, reason));
    if (this.#isReady || !this.#isAwaited) worker.unref();
    return worker;
  }

  #onMessage(worker: Worker, message: ToApp): void {
    if (message.type === 'ready') {
      if (!message.flushes) this.#exitFlush.disarm();
      this.#settle(message.url);
    } else if (message.type === 'company') {
      if (!this.#stopping) this.#exitFlush.need();
    } else if (message.type === 'delivered') {
      this.#options.delivered.set(message.adapter, message.basis);
    } else if (message.type === 'threads') {
      this.#keptMaps.leave(message.left, message.folds);
      this.#tell(worker, { type: 'kept' });
    } else if (message.type === 'snapshot') {
      this.#snapshots.give(message.number, message.snapshot);
    } else {
      void this.#collect(worker, message.round);
    }
  }

  async #collect(worker: Worker, round: number): Promise<void> {
    this.#tell(worker, { type: 'asking', round });
    const metrics = await this.#options.collect();
    this.#tell(worker, { type: 'collected', round, metrics });
  }

  #tell(worker: Worker, message: ToReporter): void {
    worker.postMessage(message);
  }

  #onExit(worker: Worker, reason: string): void {
    if (this.#stopping || worker !== this.#worker) return;
    this.#worker = undefined;
    const time = now();
    this.#deaths.push(time);
    const recent = this.#deaths.filter((death) => time - death < DEATH_WINDOW);
    if (recent.length >= DEATHS_TO_GIVE_UP) {
      this.#giveUp(describe('ERR_LOADLINE_REPORTER_GAVE_UP', { reason }));
      return;
    }
    this.#options.log.warn(describe('ERR_LOADLINE_REPORTER_DIED', { reason }));
    this.#restart = timers.setTimeout(() => this.start(), RESTART_AFTER);
    if (this.#isReady || !this.#isAwaited) this.#restart.unref();
  }

  #giveUp(line: string): void {
    this.#exitFlush.disarm();
    this.#keptMaps.close();
    this.#options.log.warn(line);
    this.#settle(undefined);
  }

  #settle(url: string | undefined): void {
    this.#isReady = true;
    if (!this.#stopping) this.#worker?.unref();
    this.#resolve(url);
  }
}

/** The line to say where no thread can be started; undefined where one can. */
function whyNot(): string | undefined {
  const { permission } = process as { permission?: { has(scope: string): boolean } };
  if (permission && !permission.has('worker')) return describe('ERR_LOADLINE_WORKER_DENIED', {});
  if (existsSync(WORKER_FILE)) return undefined;
  return describe('ERR_LOADLINE_REPORTER_FILE', { file: WORKER_FILE, reason: 'it does not exist' });
}

function withoutNodeOptions(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...rest } = env;
  return rest;
}
