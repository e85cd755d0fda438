/** Watches the beat of one app thread: a stall is a finding while it lasts, with what can be learnt of it. */
import { now } from '../clock.ts';
import { stalledFor } from '../host/event-loop.ts';
import type { ChildProcess, ThreadState } from '../host/thread-state.ts';
import { MAIN_WORKER } from '../snapshot/worker.ts';
import type { StoreReader } from '../store/reader.ts';
import { SILENCE } from './cause.ts';
import type { Findings, Found, OpenFinding } from './findings.ts';
import type { FrameReader } from './frames.ts';
import { Parking } from './parking.ts';
import type { Sources } from './source-map.ts';
import type { Capture } from './stack-capture.ts';
import { type Stackless, StackSeries } from './stack-series.ts';
import { Stall, type Usage } from './stall.ts';

/** What the watchdog asks of the machine: the real one, or a test's. Nothing here throws. */
export interface Machine {
  thread(tid: number): ThreadState | undefined;
  children(tid: number, age: number): readonly ChildProcess[];
  /** CPU ms of the whole process without the reporter thread. */
  processCpu(): number;
  /** ms that a CPU quota held threads back so far; undefined: there is none. */
  throttled(time: number): number | undefined;
  /** Asks for the main thread's stack, or tells why it can't. */
  capture(): Capture | Stackless;
  /** An inspector listens in the process, whether or not its thread has had time to say so. */
  isInspected(): boolean;
  /** Stacks that one stall may ask for. */
  captureLimit(): number;
  /** Bytes that young objects may take of a heap. */
  readonly youngHeap: number;
  /** Epoch ms of a monotonic time. */
  epoch(time: number): number;
}

export interface WatchdogOptions {
  readonly map: StoreReader;
  /** As in `loadline.worker`: only the stack of `main` can be had. */
  readonly worker: string;
  /** ms */
  readonly threshold: number;
  readonly findings: Findings;
  readonly machine: Machine;
  readonly sources: Sources;
  readonly frames: FrameReader;
}

/** Stacks from which on a finding is opened, and ms that they and the first one may take. */
const ENOUGH = 10;
const HASTE = 150;
const PATIENCE = 1000;
/** ms between two updates of a finding that lasts. */
const UPDATE = 100;

interface Watching {
  readonly stall: Stall;
  readonly series: StackSeries;
  /** Header words of the map when it began. */
  readonly stalls: number;
  readonly stalledTime: number;
  /** It has lasted as long as the threshold. */
  isWatched: boolean;
  finding: OpenFinding | undefined;
  kind: Found['kind'];
  /** ms: the last update of the finding. */
  updated: number;
  /** ms: the first beat after it that was seen. */
  ended: number;
}

export class Watchdog {
  readonly #options: WatchdogOptions;
  #watching: Watching | undefined;
  /** ms, for the beat that is overdue: time in which nobody ran, this thread included. */
  #absent = { beat: 0, time: 0 };

  /** Of a worker thread. */
  readonly #parking: Parking | undefined;
  /** ms of lateness that are nothing: of a worker thread, what it may have been parked since the last look. */
  readonly #patience: number;

  constructor(options: WatchdogOptions) {
    const { map, worker, threshold, machine } = options;
    this.#options = options;
    this.#patience = worker === MAIN_WORKER ? 0 : threshold / 2;
    this.#parking = worker === MAIN_WORKER ? undefined : new Parking(map, machine, threshold);
  }

  /** A stall may be going on: look often. */
  get isAlert(): boolean {
    return this.#watching !== undefined;
  }

  /**
   * Looks at the beat. `time`: ms, monotonic. `absence`: ms before it in which the reporter thread did not run either,
   * so that nothing can be held against the loop.
   */
  look(time: number, absence: number): void {
    const { map, threshold } = this.#options;
    const beat = map.header('beat');
    if (this.#absent.beat !== beat) this.#absent = { beat, time: 0 };
    this.#absent.time += absence;
    if (this.#watching && this.#watching.stall.beat !== beat) void this.#end(this.#watching, beat);
    if (this.#parking?.look(time)) {
      if (this.#watching) void this.#end(this.#watching, time);
      return;
    }
    const late = stalledFor(map, time) - this.#absent.time;
    if (late <= this.#patience) return;
    this.#watching ??= this.#begin(beat, time);
    if (late >= threshold) this.#watch(this.#watching, time, late);
  }

  /** The thread is gone, or the agent stops: what lasts ends at `time`. */
  close(time: number): void {
    this.#watching?.series.abandon();
    this.#watching?.finding?.close(this.#options.machine.epoch(time));
    this.#watching = undefined;
  }

  #begin(beat: number, time: number): Watching {
    const { map, worker, sources, frames, machine } = this.#options;
    const due = time - stalledFor(map, time);
    const stall = new Stall(worker, beat, due, this.#usage(time, this.#thread()), sources, frames);
    const series = new StackSeries(
      () => this.#capture(),
      (stack) => {
        // Known before the loop turns again: what it did while it did not answer.
        if (stack.waited >= SILENCE) this.#observe(stall, now(), now() - stack.waited);
        return stall.add(stack);
      },
      machine.captureLimit(),
    );
    const words = { stalls: map.header('stalls'), stalledTime: map.header('stalledTime') };
    return { stall, series, ...words, isWatched: false, finding: undefined, kind: 'starved', updated: 0, ended: 0 };
  }

  #watch(watching: Watching, time: number, late: number): void {
    const { map, threshold, machine } = this.#options;
    const { stall, series } = watching;
    if (!watching.isWatched) stall.surroundings(map.inFlight(), heapLimitOf(map), machine.youngHeap);
    watching.isWatched = true;
    this.#observe(stall, time, series.pendingSince);
    if (watching.kind === 'starved' && stall.isStarved(late, threshold)) {
      if (late >= 2 * threshold) this.#tell(watching, time, late);
      return;
    }
    watching.kind = 'stall';
    stall.isInspected = this.#isInspected();
    series.ask();
    if (!isWorthWaiting(watching, time)) this.#tell(watching, time, late);
  }

  #observe(stall: Stall, time: number, pendingSince: number): void {
    const { machine } = this.#options;
    const kernel = this.#thread();
    const children = kernel?.state === 'S' ? machine.children(this.#tid(), time - stall.beat) : [];
    stall.look(this.#usage(time, kernel), kernel, children, pendingSince);
  }

  /** Opens the finding, or updates it now and then. */
  #tell(watching: Watching, time: number, late: number): void {
    if (time - watching.updated < UPDATE) return;
    watching.updated = time;
    const found = this.#found(watching, late);
    if (watching.finding) watching.finding.update(found);
    else watching.finding = this.#options.findings.open(found);
  }

  #found({ stall, series, kind }: Watching, late: number): Found {
    const since = this.#since(stall);
    return kind === 'starved'
      ? stall.starved(late, since)
      : stall.found(late, since, series.begun > 0, series.stackless);
  }

  #capture(): Capture | Stackless {
    const { worker, machine } = this.#options;
    if (worker !== MAIN_WORKER) return 'worker';
    return this.#isInspected() ? 'debugger' : machine.capture();
  }

  #isInspected(): boolean {
    const { map, worker, machine } = this.#options;
    return map.header('inspector') === 1 || (worker === MAIN_WORKER && machine.isInspected());
  }

  /** The loop turns again. A stack that is under way was taken when a native call returned: it is waited for. */
  async #end(watching: Watching, beat: number): Promise<void> {
    this.#watching = undefined;
    watching.ended = beat;
    await watching.series.end();
    if (!watching.finding && watching.series.begun === 0) return;
    const late = this.#lasted(watching);
    const found = this.#found(watching, late);
    const finding = watching.finding ?? this.#options.findings.open(found);
    finding.close(this.#since(watching.stall) + late, found);
  }

  /** ms, by the thread's own word where this was its only stall since then. */
  #lasted({ stall, stalls, stalledTime, ended }: Watching): number {
    const { map } = this.#options;
    if (map.header('stalls') === stalls + 1) return map.header('stalledTime') - stalledTime;
    return Math.max(0, ended - stall.due);
  }

  #since(stall: Stall): number {
    return this.#options.machine.epoch(stall.due);
  }

  /** The kernel's number: the main thread's is that of its process. */
  #tid(): number {
    const { map, worker } = this.#options;
    return worker === MAIN_WORKER ? process.pid : map.header('tid');
  }

  #thread(): ThreadState | undefined {
    return this.#options.machine.thread(this.#tid());
  }

  #usage(time: number, kernel: ThreadState | undefined): Usage {
    const { machine } = this.#options;
    const others = machine.processCpu() - (kernel?.cpu ?? 0);
    return { time, cpu: kernel?.cpu, others, throttled: machine.throttled(time) };
  }
}

/** Whether a stack, or enough of them, can be expected in a moment. */
function isWorthWaiting({ stall, series, finding }: Watching, time: number): boolean {
  if (finding || series.begun === 0 || stall.isSilent || stall.stacks >= ENOUGH) return false;
  return time - series.begun < (stall.stacks === 0 ? PATIENCE : HASTE);
}

/** Bytes; 0 when the map does not tell. */
function heapLimitOf(map: StoreReader): number {
  const limits = map.metrics().find(({ metric }) => metric.name === 'loadline.memory.limit');
  const value = limits?.points.find(({ attributes }) => attributes.limit === 'heap')?.value;
  return typeof value === 'number' ? value : 0;
}
