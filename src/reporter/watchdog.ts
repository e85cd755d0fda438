/** Watches the beat of one app thread: a stall is a finding while it lasts, with what can be learnt of it. */
import { timers } from '../clock.ts';
import { overdue } from '../host/event-loop.ts';
import type { ChildProcess, ThreadState } from '../host/thread-state.ts';
import type { StoreReader } from '../store/reader.ts';
import type { Findings, Found, OpenFinding } from './findings.ts';
import type { Sources } from './source-map.ts';
import type { Capture } from './stack-capture.ts';
import { type Stackless, Stall, type Usage } from './stall.ts';

/** What the watchdog asks of the machine: the real one, or a test's. Nothing here throws. */
export interface Machine {
  thread(tid: number): ThreadState | undefined;
  children(tid: number, age: number): readonly ChildProcess[];
  /** CPU ms of the whole process without the reporter thread. */
  processCpu(): number;
  /** Asks for the main thread's stack, or tells why it can't. */
  capture(): Capture | Stackless;
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
}

/** ms that the first stack may take before the finding is opened without it, however little the thread ran. */
const PATIENCE = 1000;
/** Stacks that are taken at every look; after them each gap is longer than the last by this factor, up to the limit. */
const BURST = 12;
const GAP_GROWTH = 1.3;
/** ms */
const FIRST_GAP = 50;
const GAP_LIMIT = 5000;
/** ms between two updates of a finding of which nothing new is known but that it goes on. */
const UPDATE = 250;
/** ms that a stack may come late when the stall is over: it was taken at the return of a native call. */
const LATE = 500;

interface Watching {
  readonly stall: Stall;
  /** Header words of the map when it began. */
  readonly stalls: number;
  readonly stalledTime: number;
  /** It has lasted as long as the threshold. */
  isWatched: boolean;
  finding: OpenFinding | undefined;
  kind: Found['kind'] | undefined;
  /** The question for the stack that is not answered yet. */
  pending: Capture | undefined;
  asked: number;
  firstAsked: number;
  nextAsk: number;
  gap: number;
  updated: number;
  stacks: number;
  /** ms: the first beat after it that was seen. */
  ended: number;
}

export class Watchdog {
  readonly #options: WatchdogOptions;
  #watching: Watching | undefined;
  /** ms, for the beat that is overdue: time in which nobody ran, this thread included. */
  #absent = { beat: 0, time: 0 };

  constructor(options: WatchdogOptions) {
    this.#options = options;
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
    if (this.#watching && this.#watching.stall.beat !== beat) this.#end(this.#watching);
    const late = overdue(map, time) - this.#absent.time;
    if (late <= 0) return;
    this.#watching ??= this.#begin(beat, time);
    if (late >= threshold) this.#watch(this.#watching, time, late);
  }

  /** Takes back what was asked; findings that last stay open. */
  close(): void {
    this.#watching?.pending?.abandon();
    this.#watching = undefined;
  }

  #begin(beat: number, time: number): Watching {
    const { map, worker, sources } = this.#options;
    const due = beat + map.header('beatInterval');
    const usage = this.#usage(time, this.#thread());
    return {
      stall: new Stall(worker, beat, due, usage, sources),
      stalls: map.header('stalls'),
      stalledTime: map.header('stalledTime'),
      isWatched: false,
      finding: undefined,
      kind: undefined,
      pending: undefined,
      asked: 0,
      firstAsked: 0,
      nextAsk: 0,
      gap: FIRST_GAP,
      updated: 0,
      stacks: 0,
      ended: 0,
    };
  }

  #watch(watching: Watching, time: number, late: number): void {
    const { map, threshold, machine } = this.#options;
    const { stall } = watching;
    if (!watching.isWatched) stall.surroundings(map.inFlight(), heapLimitOf(map));
    watching.isWatched = true;
    const kernel = this.#thread();
    const children = kernel?.state === 'S' ? machine.children(map.header('tid'), time - stall.beat) : [];
    stall.look(this.#usage(time, kernel), kernel, children, watching.pending !== undefined);
    if (watching.kind !== 'stall' && stall.isStarved(late, threshold)) {
      if (late >= 2 * threshold) this.#tell(watching, time, stall.starved(late, this.#since(stall)));
      return;
    }
    this.#ask(watching, time);
    const isPatient = watching.pending && stall.stacks === 0 && !stall.isSilent;
    if (!isPatient || time - watching.firstAsked >= PATIENCE) this.#tell(watching, time, stall.found(late, this.#since(stall)));
  }

  /** Opens the finding, or updates it when there is news. */
  #tell(watching: Watching, time: number, found: Found): void {
    if (!watching.finding) {
      watching.finding = this.#options.findings.open(found);
    } else if (
      time - watching.updated >= UPDATE ||
      found.kind !== watching.kind ||
      watching.stacks < watching.stall.stacks
    ) {
      watching.finding.update(found);
    } else {
      return;
    }
    watching.kind = found.kind;
    watching.updated = time;
    watching.stacks = watching.stall.stacks;
  }

  /** Asks for the stack when it is time to, one question at a time. */
  #ask(watching: Watching, time: number): void {
    const { pending, stall } = watching;
    if (pending || time < watching.nextAsk) return;
    const capture = this.#capture(stall);
    if (typeof capture === 'string') {
      stall.stackless = capture;
      return;
    }
    if (watching.asked++ === 0) watching.firstAsked = time;
    if (watching.asked > BURST) watching.gap = Math.min(GAP_LIMIT, watching.gap * GAP_GROWTH);
    watching.nextAsk = time + watching.gap;
    stall.asked();
    watching.pending = capture;
    void capture.answer.then((stack) => {
      watching.pending = undefined;
      if (stack) stall.add(stack, this.#options.map.header('beat'));
    });
  }

  #capture(stall: Stall): Capture | Stackless {
    const { map, worker, machine } = this.#options;
    stall.isInspected = map.header('inspector') === 1;
    if (worker !== 'main') return 'worker';
    return stall.isInspected ? 'debugger' : machine.capture();
  }

  /** The loop turns again. A stack that is under way was taken when the native call returned: it is waited for. */
  #end(watching: Watching): void {
    this.#watching = undefined;
    watching.ended = this.#options.map.header('beat');
    const { pending } = watching;
    if (!watching.finding && !pending) return;
    if (!pending) {
      this.#close(watching);
      return;
    }
    const limit = timers.setTimeout(() => pending.abandon(), LATE);
    void pending.answer.then(() => {
      timers.clearTimeout(limit);
      this.#close(watching);
    });
  }

  #close(watching: Watching): void {
    const { stall } = watching;
    const late = this.#lasted(watching);
    const since = this.#since(stall);
    const found = watching.kind === 'starved' ? stall.starved(late, since) : stall.found(late, since);
    const finding = watching.finding ?? this.#options.findings.open(found);
    finding.close(since + late, found);
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

  #thread(): ThreadState | undefined {
    const tid = this.#options.map.header('tid');
    return tid > 0 ? this.#options.machine.thread(tid) : undefined;
  }

  #usage(time: number, kernel: ThreadState | undefined): Usage {
    return { time, cpu: kernel?.cpu, others: this.#options.machine.processCpu() - (kernel?.cpu ?? 0) };
  }
}

/** Bytes; 0 when the map does not tell. */
function heapLimitOf(map: StoreReader): number {
  const limits = map.metrics().find(({ metric }) => metric.name === 'loadline.memory.limit');
  const value = limits?.points.find(({ attributes }) => attributes.limit === 'heap')?.value;
  return typeof value === 'number' ? value : 0;
}
