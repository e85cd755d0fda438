/** One stall of one thread, from the first late beat to its end: what was seen of it, and what that makes of it. */
import type { ChildProcess, ThreadState } from '../host/thread-state.ts';
import type { InFlight } from '../store/reader.ts';
import { causeOf, type Observed, SILENCE, share } from './cause.ts';
import { type Frames, isOfApp, stormVerdictOf, verdictOf } from './culprit.ts';
import type { Found } from './findings.ts';
import { type FrameReader, isTelling, type ShownFrame, show } from './frames.ts';
import type { Sources } from './source-map.ts';
import type { Stack } from './stack-capture.ts';
import type { Stackless } from './stack-series.ts';
import { stallTitle, starvedTitle } from './stall-text.ts';
import { type Starvation, starvationOf } from './starvation.ts';

/** What the thread and the process have used so far, in ms. */
export interface Usage {
  readonly time: number;
  /** Of the thread; undefined without the kernel's word. */
  readonly cpu: number | undefined;
  /** Of all threads but this one and the reporter's own. */
  readonly others: number;
  /** That the CPU quota held threads back, on all CPUs together; undefined: there is none. */
  readonly throttled: number | undefined;
}

/** Requests and functions that are listed. */
const LISTED = 20;
/** s from which on it is critical. */
const CRITICAL = 5;

export class Stall {
  /** ms, monotonic: the beat after which none came, and when the next one was due. */
  readonly beat: number;
  readonly due: number;
  readonly #worker: string;
  readonly #base: Usage;
  readonly #sources: Sources;
  readonly #frames: FrameReader;
  #requests: readonly InFlight[] = [];
  #heapLimit = 0;
  #young = 0;
  readonly #stacks: Frames[] = [];
  readonly #states: Record<string, number> = {};
  /** The latest look at each state. */
  readonly #kernels = new Map<string, ThreadState>();
  #usage: Usage;
  #children: readonly ChildProcess[] = [];
  #heapUsed = 0;
  /** Questions that were answered in time, also with no stack: between two microtasks there is none. */
  #answers = 0;
  /** Nothing of the app was on the stack after it had been, and then was again: many tasks, not one that stays. */
  #wasEmpty = false;
  #isStorm = false;
  #watched = 0;
  #silent = 0;
  #starvation: Starvation = 'cpu';
  /** The inspector listens on the thread. */
  isInspected = false;

  constructor(worker: string, beat: number, due: number, base: Usage, sources: Sources, frames: FrameReader) {
    this.#worker = worker;
    this.beat = beat;
    this.due = due;
    this.#base = base;
    this.#usage = base;
    this.#sources = sources;
    this.#frames = frames;
  }

  get stacks(): number {
    return this.#stacks.length;
  }

  /** What does not change while it lasts. `heapLimit`: bytes, 0 when unknown; `young`: those of them for young objects. */
  surroundings(requests: readonly InFlight[], heapLimit: number, young: number): void {
    this.#young = young;
    this.#requests = requests;
    this.#heapLimit = heapLimit;
  }

  /** A look at the thread. `pendingSince`: ms, when a question for its stack was asked that is
   * not answered yet; Infinity when there is none. */
  look(usage: Usage, kernel: ThreadState | undefined, children: readonly ChildProcess[], pendingSince: number): void {
    const isSilent = pendingSince <= this.#usage.time;
    if (isSilent || this.#watched > 0 || this.#stacks.length > 0) {
      const own = ownTime(this.#usage, usage, kernel);
      this.#watched += own;
      if (isSilent) this.#silent += own;
    }
    this.#usage = usage;
    if (children.length > 0) this.#children = children;
    if (!kernel) return;
    this.#states[kernel.state] = (this.#states[kernel.state] ?? 0) + 1;
    this.#kernels.set(kernel.state, kernel);
  }

  /** A question has been unanswered for so long that it will be until a native call returns. */
  get isSilent(): boolean {
    return this.#silent >= SILENCE;
  }

  /** False when the stack is of a later turn of the loop, or says nothing: it is left out. */
  add(stack: Stack): boolean {
    if (stack.beat !== this.beat) return false;
    this.#answers += 1;
    this.#heapUsed = Math.max(this.#heapUsed, stack.heapUsed);
    const frames = this.#frames.read(stack.frames);
    if (!frames.some(isOfApp)) this.#wasEmpty ||= this.#stacks.length > 0;
    if (!isTelling(frames)) return false;
    this.#isStorm ||= this.#wasEmpty;
    this.#stacks.push(frames);
    return true;
  }

  /** Whether it is the lack of CPU that makes it late. `late` and `threshold`: ms. */
  isStarved(late: number, threshold: number): boolean {
    const ran = this.#ran;
    if (ran === undefined) return false;
    const elapsed = this.#usage.time - this.#base.time;
    const slept = elapsed * share({ states: this.#states }, 'SDTt');
    const starvation = starvationOf({ elapsed, ran, slept, throttled: this.#throttled }, late, threshold);
    this.#starvation = starvation ?? this.#starvation;
    return starvation !== undefined;
  }

  /** `late`: ms it has lasted. `since`: epoch ms. */
  starved(late: number, since: number): Found {
    const cpu = (this.#ran ?? 0) / Math.max(1, this.#usage.time - this.#base.time);
    const duration = late / 1e3;
    return {
      kind: 'starved',
      since,
      worker: this.#worker,
      severity: 'warning',
      title: starvedTitle(duration, this.#starvation, cpu),
      evidence: {
        duration: round(duration),
        cause: this.#starvation,
        cpu: round(cpu),
        throttled: this.#throttledEvidence(),
        ...this.#requestsEvidence(),
      },
    };
  }

  /** ms on a CPU; undefined without the kernel's word. */
  get #ran(): number | undefined {
    const [before, after] = [this.#base.cpu, this.#usage.cpu];
    return before === undefined || after === undefined ? undefined : after - before;
  }

  /** ms; undefined: no quota. A group that is another one by now counts from 0. */
  get #throttled(): number | undefined {
    const [before, after] = [this.#base.throttled, this.#usage.throttled];
    return before === undefined || after === undefined ? undefined : Math.max(0, after - before);
  }

  /** s */
  #throttledEvidence(): number | null {
    return this.#throttled === undefined ? null : round(this.#throttled / 1e3);
  }

  /** `late`: ms it has lasted. `since`: epoch ms. `isAsked`: the stack was asked for; else `stackless` tells why not. */
  found(late: number, since: number, isAsked: boolean, stackless: Stackless | undefined): Found {
    const duration = late / 1e3;
    const observed = this.#observed(isAsked);
    const cause = causeOf(observed);
    const verdict = this.#isStorm ? stormVerdictOf(this.#stacks) : verdictOf(this.#stacks);
    const culprit = verdict.culprit && show(verdict.culprit, this.#sources);
    const kernel = this.#kernel();
    return {
      kind: 'stall',
      since,
      worker: this.#worker,
      severity: duration >= CRITICAL ? 'critical' : 'warning',
      title: stallTitle({ duration, cause, culprit, children: this.#children, kernel }),
      evidence: {
        duration: round(duration),
        cause,
        culprit: culprit ? { ...culprit, share: round(verdict.share) } : null,
        frames: verdict.frames.map((frame) => show(frame, this.#sources)),
        stacks: { count: this.#stacks.length, tops: this.#tops(), missing: this.#missing(isAsked, stackless) },
        heap: this.#heapUsed > 0 ? { used: this.#heapUsed, limit: this.#heapLimit } : null,
        kernel: kernel ? this.#kernelEvidence(kernel) : null,
        throttled: this.#throttledEvidence(),
        ...this.#requestsEvidence(),
      },
    };
  }

  #observed(isAsked: boolean): Observed {
    const { cpu, others } = this.#usage;
    return {
      answers: isAsked ? this.#answers : undefined,
      watched: this.#watched,
      silent: this.#silent,
      states: this.#states,
      children: this.#children,
      heapUsed: this.#heapUsed,
      heapLimit: Math.max(0, this.#heapLimit - this.#young),
      helpers: Math.max(0, others - this.#base.others) / Math.max(1, (cpu ?? 0) - (this.#base.cpu ?? 0)),
      isInspected: this.isInspected,
    };
  }

  /** The look that speaks for most. */
  #kernel(): ThreadState | undefined {
    const [most] = Object.entries(this.#states).sort(([, a], [, b]) => b - a);
    return most && this.#kernels.get(most[0]);
  }

  /** Why there is no stack, where there is none. */
  #missing(isAsked: boolean, stackless: Stackless | undefined): Stackless | 'unanswered' | null {
    if (this.#stacks.length > 0) return null;
    return isAsked ? 'unanswered' : (stackless ?? null);
  }

  /** The app's functions that were on top, most often first. */
  #tops(): (ShownFrame & { count: number })[] {
    const tops = new Map<string, ShownFrame & { count: number }>();
    for (const stack of this.#stacks) {
      const top = stack.find(isOfApp)!;
      const key = `${top.function}\n${top.file}`;
      const known = tops.get(key) ?? { ...show(top, this.#sources), count: 0 };
      tops.set(key, { ...known, count: known.count + 1 });
    }
    return [...tops.values()].sort((a, b) => b.count - a.count).slice(0, LISTED);
  }

  #kernelEvidence({ state, syscall, file, wchan }: ThreadState) {
    const ran = this.#ran;
    return {
      state,
      cpu: ran === undefined ? null : round(ran / Math.max(1, this.#usage.time - this.#base.time)),
      syscall: syscall ?? null,
      file: file ?? null,
      wchan: wchan ?? null,
      children: this.#children,
    };
  }

  /** As they were when it began: nothing comes or goes while the loop is blocked. */
  #requestsEvidence() {
    const list = this.#requests.slice(0, LISTED).map(({ start, method, path, route, phase }) => ({
      method,
      path,
      route: route ?? null,
      phase,
      age: round(Math.max(0, this.#usage.time - start) / 1e3),
    }));
    return { requests: { count: this.#requests.length, list } };
  }
}

/** To the millisecond, or thousandth. */
function round(value: number): number {
  return Math.round(value * 1e3) / 1e3;
}

/** Ms between two looks that the thread can account for: not those it waited for a CPU. */
function ownTime(before: Usage, after: Usage, kernel: ThreadState | undefined): number {
  if (kernel?.state !== 'R' || before.cpu === undefined) return after.time - before.time;
  return kernel.cpu - before.cpu;
}
