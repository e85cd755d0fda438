/**
 * Push-style instruments on top of the store: one call is one write into shared memory.
 * Nothing here throws or waits; a value that cannot be recorded is dropped.
 */
import { describe, reasonOf } from '../errors.ts';
import type { Attributes, Metric, MetricKind, Scope } from '../snapshot/metric.ts';
import { DURATION_BOUNDS } from '../snapshot/metric.ts';
import type { MetricWriter, StoreWriter } from '../store/writer.ts';
import { SeriesTrie } from './series-trie.ts';

export interface InstrumentOptions {
  /** UCUM base unit: `s`, `By`, `1`, `{item}`. Default: none. */
  unit?: string;
  /** One sentence for people. */
  help?: string;
}

export interface HistogramOptions extends InstrumentOptions {
  /** Ascending finite upper bounds, inclusive. Default: 0.005 … 10, made for seconds. */
  bounds?: readonly number[];
}

/** A sum that never falls. */
export interface Counter {
  /** Adds `value` (default 1, at least 0; anything else is dropped). */
  add(value?: number, attributes?: Attributes): void;
  /** The same counter for one attribute set: its `add` looks nothing up. */
  with(attributes: Attributes): { add(value?: number): void };
}

/** A sum that rises and falls. */
export interface UpDown {
  /** Adds `value` (default 1, any finite number). */
  add(value?: number, attributes?: Attributes): void;
  with(attributes: Attributes): { add(value?: number): void };
}

/** A present value. */
export interface Gauge {
  /** Replaces the value (any finite number). */
  set(value: number, attributes?: Attributes): void;
  with(attributes: Attributes): { set(value: number): void };
}

/** A distribution. */
export interface Histogram {
  /** Counts one value (any finite number). */
  record(value: number, attributes?: Attributes): void;
  with(attributes: Attributes): { record(value: number): void };
}

const NONE: Attributes = Object.freeze({});
/** Instruments that can't be had and are remembered, so that each is said once. */
const MAX_REFUSED = 1000;

class Recorder {
  readonly writer: MetricWriter;
  readonly #trie: SeriesTrie;
  #plain = -1;

  constructor(writer: MetricWriter) {
    this.writer = writer;
    this.#trie = new SeriesTrie(writer);
  }

  at(attributes: Attributes | undefined): number {
    if (attributes !== undefined) return this.#trie.find(attributes);
    if (this.#plain < 0) this.#plain = this.writer.series(NONE);
    return this.#plain;
  }
}

class CounterInstrument extends Recorder implements Counter {
  add(value = 1, attributes?: Attributes): void {
    if (Number.isFinite(value) && value >= 0) this.writer.cells[this.at(attributes)]! += value;
  }

  with(attributes: Attributes): { add(value?: number): void } {
    return new BoundCounter(this.writer.cells, this.at(attributes));
  }
}

class BoundCounter {
  readonly #cells: Float64Array;
  readonly #at: number;

  constructor(cells: Float64Array, at: number) {
    this.#cells = cells;
    this.#at = at;
  }

  add(value = 1): void {
    if (Number.isFinite(value) && value >= 0) this.#cells[this.#at]! += value;
  }
}

class UpDownInstrument extends Recorder implements UpDown {
  add(value = 1, attributes?: Attributes): void {
    if (Number.isFinite(value)) this.writer.cells[this.at(attributes)]! += value;
  }

  with(attributes: Attributes): { add(value?: number): void } {
    const { cells } = this.writer;
    const at = this.at(attributes);
    return {
      add(value = 1) {
        if (Number.isFinite(value)) cells[at]! += value;
      },
    };
  }
}

class GaugeInstrument extends Recorder implements Gauge {
  set(value: number, attributes?: Attributes): void {
    if (Number.isFinite(value)) this.writer.cells[this.at(attributes)] = value;
  }

  with(attributes: Attributes): { set(value: number): void } {
    const { cells } = this.writer;
    const at = this.at(attributes);
    return {
      set(value) {
        if (Number.isFinite(value)) cells[at] = value;
      },
    };
  }
}

class HistogramInstrument extends Recorder implements Histogram {
  record(value: number, attributes?: Attributes): void {
    if (Number.isFinite(value)) this.writer.record(this.at(attributes), value);
  }

  with(attributes: Attributes): { record(value: number): void } {
    return new BoundHistogram(this.writer, this.at(attributes));
  }
}

class BoundHistogram {
  readonly #writer: MetricWriter;
  readonly #at: number;

  constructor(writer: MetricWriter, at: number) {
    this.#writer = writer;
    this.#at = at;
  }

  record(value: number): void {
    if (Number.isFinite(value)) this.#writer.record(this.#at, value);
  }
}

type Instrument = CounterInstrument | UpDownInstrument | GaugeInstrument | HistogramInstrument;

/** What answers where a name is invalid or taken: it takes everything and records nothing. */
const NOOP = Object.freeze({
  add() {},
  set() {},
  record() {},
  with() {
    return NOOP;
  },
});

/** All instruments of one thread. The same name gives the same instrument. */
export class Instruments {
  readonly #store: () => StoreWriter;
  readonly #scope: Scope;
  readonly #warn: (line: string) => void;
  readonly #bounds: () => Readonly<Record<string, readonly number[]>>;
  readonly #made = new Map<string, Instrument>();
  readonly #refused = new Set<string>();

  /**
   * @param store makes or returns the thread's map; called at the first instrument
   * @param bounds the user's bounds per metric name, which win over the code's
   * @param warn told once what is wrong with an instrument that cannot be had
   */
  constructor(
    store: () => StoreWriter,
    scope: Scope,
    bounds: () => Readonly<Record<string, readonly number[]>>,
    warn: (line: string) => void,
  ) {
    this.#store = store;
    this.#scope = scope;
    this.#bounds = bounds;
    this.#warn = warn;
  }

  counter(name: string, options?: InstrumentOptions): Counter {
    return this.#get('counter', name, options, CounterInstrument) ?? NOOP;
  }

  updown(name: string, options?: InstrumentOptions): UpDown {
    return this.#get('updown', name, options, UpDownInstrument) ?? NOOP;
  }

  gauge(name: string, options?: InstrumentOptions): Gauge {
    return this.#get('gauge', name, options, GaugeInstrument) ?? NOOP;
  }

  histogram(name: string, options?: HistogramOptions): Histogram {
    return this.#get('histogram', name, options, HistogramInstrument) ?? NOOP;
  }

  #get<T extends Instrument>(
    kind: MetricKind,
    name: string,
    options: HistogramOptions | undefined,
    Class: new (writer: MetricWriter) => T,
  ): T | undefined {
    const made = this.#made.get(name);
    if (made) return made instanceof Class ? made : this.#refuse(conflict(name, made.writer.metric.kind, kind));
    if (typeof name !== 'string' || name.length === 0 || name.length > 255) {
      return this.#refuse(describe('ERR_LOADLINE_METRIC_NAME', { metric: reasonOf(name) }));
    }
    try {
      return this.#make(kind, name, options, Class);
    } catch (error) {
      return this.#refuse(describe('ERR_LOADLINE_METRIC_OPTIONS', { metric: name, reason: reasonOf(error) }));
    }
  }

  #make<T extends Instrument>(
    kind: MetricKind,
    name: string,
    options: HistogramOptions | undefined,
    Class: new (writer: MetricWriter) => T,
  ): T | undefined {
    // First of all: where the environment sets bounds, they are known once the map is made.
    const store = this.#store();
    const metric = this.#describe(kind, name, options ?? {});
    if (!metric) return this.#refuse(describe('ERR_LOADLINE_METRIC_BOUNDS', { metric: name }));
    const writer = store.metric(metric, this.#scope);
    if (writer.metric !== metric) return this.#refuse(conflict(name, 'a metric of loadline itself', kind));
    const instrument = new Class(writer);
    this.#made.set(name, instrument);
    return instrument;
  }

  #describe(kind: MetricKind, name: string, { unit, help, bounds }: HistogramOptions): Metric | undefined {
    const base: Metric = { name, kind, unit: textOf(unit), help: textOf(help) };
    if (kind !== 'histogram') return base;
    const set = this.#bounds();
    const chosen = (Object.hasOwn(set, name) ? set[name] : bounds) ?? DURATION_BOUNDS;
    return areBounds(chosen) ? { ...base, bounds: [...chosen] } : undefined;
  }

  #refuse(line: string): undefined {
    if (this.#refused.has(line) || this.#refused.size >= MAX_REFUSED) return;
    this.#refused.add(line);
    this.#warn(line);
  }
}

function conflict(metric: string, known: string, found: string): string {
  return describe('ERR_LOADLINE_METRIC_CONFLICT', { metric, known, found });
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, 255) : undefined;
}

function areBounds(bounds: unknown): bounds is readonly number[] {
  if (!Array.isArray(bounds) || bounds.length === 0 || bounds.length > 64) return false;
  return bounds.every((bound, i) => Number.isFinite(bound) && (i === 0 || bound > bounds[i - 1]));
}
