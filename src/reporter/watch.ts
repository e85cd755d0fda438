/** The reporter thread's watch over the app's threads: looks at every beat, and knows when it missed to look. */
import { performance } from 'node:perf_hooks';
import { resourceLimits } from 'node:worker_threads';
import { epochOf, now, timers } from '../clock.ts';
import { reasonOf } from '../errors.ts';
import type { HostProbe } from '../host/host-probe.ts';
import { InspectorSight, ofMachine } from '../host/inspector-sight.ts';
import { childrenSince, readOwnSchedule, readThreadState, readUptime } from '../host/thread-state.ts';
import { Throttling } from '../host/throttling.ts';
import type { Metric } from '../snapshot/metric.ts';
import type { StoreReader } from '../store/reader.ts';
import type { StackArea } from '../store/stack-area.ts';
import { absenceFound, absenceOf, type Own } from './absence.ts';
import type { Findings } from './findings.ts';
import { FrameReader } from './frames.ts';
import type { LivingMap } from './maps.ts';
import { Sources } from './source-map.ts';
import { type Capture, captureStack } from './stack-capture.ts';
import type { Stackless } from './stack-series.ts';
import { type Machine, Watchdog } from './watchdog.ts';

export interface WatchOptions {
  readonly findings: Findings;
  /** ms */
  readonly threshold: number;
  /** The maps to watch, the main thread's first. Asked once a second. */
  maps(): readonly LivingMap[];
  /** Of the main thread's inspector. */
  readonly debugPort: number;
  /** Where the main thread tells its stack; undefined: no stacks are captured. */
  readonly stackArea: StackArea | undefined;
  /** Says a line once per key. */
  warn(key: string, line: string): void;
}

const CAPTURES: Metric = {
  name: 'loadline.watchdog.captures',
  kind: 'counter',
  unit: '{capture}',
  help: 'Stacks of the main thread that were captured in stalls.',
};
const PAUSE_TIME: Metric = {
  name: 'loadline.watchdog.pause.time',
  kind: 'counter',
  unit: 's',
  help: 'Time of the main thread that capturing stacks took.',
};

export const WATCH_METRICS: readonly Metric[] = [CAPTURES, PAUSE_TIME];

/** ms between two looks: at rest (less with a low threshold), and while a beat is overdue. */
const REST = 100;
const ALERT = 50;
/** Looks at rest for a threshold. */
const LOOKS = 4;
/** ms between two readings of what the reporter thread itself has used. */
const BASELINE = 1000;
/** Stacks a minute, the share of what is left of them that one stall may have, and what each has in any case. */
const CAPTURE_LIMIT = 3000;
const STALL_SHARE = 0.1;
const AT_LEAST = 5;
const MINUTE = 60_000;
/** MiB, where V8 does not tell: the least of the lines of Node.js. */
const YOUNG_HEAP = 48;

export class Watch {
  readonly probe: HostProbe;
  readonly #options: WatchOptions;
  readonly #machine: Machine;
  readonly #sources = new Sources();
  readonly #frames = new FrameReader(this.#sources);
  readonly #watchdogs = new Map<StoreReader, Watchdog>();
  readonly #rest: number;
  #timer: ReturnType<typeof timers.setTimeout> | undefined;
  #due: number;
  readonly #throttling = new Throttling();
  #before: Own = readOwn(this.#throttling);
  /** An absence that is a finding if the main thread missed it as well: known at the next look. */
  #suspected: { readonly found: () => void; readonly stalledTime: number; readonly duration: number } | undefined;
  /** ms that the main thread had counted as stalled at the last look. */
  #stalledTime = 0;
  #captured: number[] = [];
  #captures = 0;
  #pauseTime = 0;
  #isUnavailable = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#rest = Math.min(REST, options.threshold / LOOKS);
    const inspector = new InspectorSight(ofMachine(options.debugPort));
    this.#machine = {
      thread: readThreadState,
      children: childrenSince,
      processCpu,
      throttled: (time) => this.#throttling.total(time),
      capture: () => this.#capture(),
      isInspected: () => inspector.isThere(),
      captureLimit: () => Math.max(AT_LEAST, Math.ceil(STALL_SHARE * this.#capturesLeft())),
      youngHeap: (resourceLimits?.maxYoungGenerationSizeMb ?? YOUNG_HEAP) * 1024 * 1024,
      epoch: epochOf,
    };
    this.probe = {
      name: 'watchdog',
      metrics: WATCH_METRICS,
      read: (put) => {
        put(CAPTURES, this.#captures);
        put(PAUSE_TIME, this.#pauseTime / 1e3);
      },
    };
    this.#follow();
    this.#due = now() + this.#rest;
    this.#arm();
  }

  /** Threads come and go. */
  #follow(): void {
    const { findings, threshold } = this.#options;
    const [machine, sources, frames] = [this.#machine, this.#sources, this.#frames];
    const maps = this.#options.maps();
    for (const { map, worker } of maps) {
      if (this.#watchdogs.has(map)) continue;
      this.#watchdogs.set(map, new Watchdog({ map, worker, threshold, findings, machine, sources, frames }));
    }
    for (const [map, watchdog] of this.#watchdogs) {
      if (maps.some((living) => living.map === map)) continue;
      watchdog.close(now());
      this.#watchdogs.delete(map);
    }
  }

  stop(): void {
    timers.clearTimeout(this.#timer);
    for (const watchdog of this.#watchdogs.values()) watchdog.close(now());
  }

  #arm(): void {
    this.#timer = timers.setTimeout(() => this.#look(), this.#due - now());
    this.#timer.unref();
  }

  #look(): void {
    const time = now();
    const absence = this.#absence(time);
    let isAlert = false;
    for (const watchdog of this.#watchdogs.values()) {
      watchdog.look(time, absence);
      isAlert ||= watchdog.isAlert;
    }
    const [main] = this.#watchdogs.keys();
    this.#stalledTime = main?.header('stalledTime') ?? 0;
    this.#due = now() + (isAlert ? Math.min(ALERT, this.#rest) : this.#rest);
    this.#arm();
  }

  /** ms that this thread missed against its will. */
  #absence(time: number): number {
    this.#confirm();
    const isLate = time - this.#due > this.#rest;
    if (!isLate && time - this.#before.time < BASELINE) return 0;
    const before = this.#before;
    this.#before = readOwn(this.#throttling);
    this.#follow();
    const absence = absenceOf(before, this.#due, this.#before);
    if (!absence) return 0;
    if (absence.duration >= 2 * this.#options.threshold) this.#suspect(absence, time);
    // A machine's sleep is not in the clock that beats are told by.
    return absence.why === 'suspended' ? 0 : absence.duration;
  }

  #suspect(absence: NonNullable<ReturnType<typeof absenceOf>>, time: number): void {
    const { findings } = this.#options;
    const until = epochOf(time);
    const found = () => findings.open(absenceFound(absence, until)).close(until);
    const [main] = this.#watchdogs.keys();
    if (absence.why === 'suspended' || !main || main.header('beat') < time - absence.duration) found();
    else this.#suspected = { found, stalledTime: this.#stalledTime, duration: absence.duration };
  }

  /** Whether the main thread's own clock had the same hole, which it counts at its first beat. */
  #confirm(): void {
    const suspected = this.#suspected;
    const [main] = this.#watchdogs.keys();
    this.#suspected = undefined;
    const counted = (main?.header('stalledTime') ?? 0) - (suspected?.stalledTime ?? 0);
    if (suspected && counted >= suspected.duration / 2) suspected.found();
  }

  #capture(): Capture | Stackless {
    const { stackArea, warn } = this.#options;
    if (!stackArea) return 'off';
    if (this.#isUnavailable) return 'unavailable';
    this.#captured.push(now());
    try {
      const capture = captureStack(stackArea);
      void capture.answer.then((stack) => this.#count(stack?.took));
      return capture;
    } catch (error) {
      this.#isUnavailable = true;
      warn('stacks', `stalls have no stack here: ${reasonOf(error)}`);
      return 'unavailable';
    }
  }

  #capturesLeft(): number {
    const time = now();
    this.#captured = this.#captured.filter((at) => time - at < MINUTE);
    return CAPTURE_LIMIT - this.#captured.length;
  }

  #count(took: number | undefined): void {
    if (took === undefined) return;
    this.#captures += 1;
    this.#pauseTime += took;
  }
}

function readOwn(throttling: Throttling): Own {
  const { active } = performance.eventLoopUtilization();
  const time = now();
  const throttled = throttling.total(time);
  return { time, schedule: readOwnSchedule(), active, uptime: readUptime(), throttled };
}

/** CPU ms of the process without the thread that calls. */
function processCpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3 - (readOwnSchedule()?.cpu ?? 0);
}
