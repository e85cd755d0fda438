/** What the leader shows of its group: one snapshot that adds the processes up, with each of them in it. */
import type { Aggregate } from '../config.ts';
import { merge } from '../snapshot/merge.ts';
import type { Attributes, Metric } from '../snapshot/metric.ts';
import type { MetricSnapshot, Snapshot } from '../snapshot/snapshot.ts';
import { combine } from './combine.ts';
import { type Occupant, type Slot, shownOf } from './slots.ts';
import { sumsOf } from './sums.ts';
import { type ProcessState, stateOf } from './watch.ts';

const PROCESSES: Metric = {
  name: 'loadline.group.processes',
  kind: 'gauge',
  unit: '{process}',
  help: 'Processes of this service on this host that are seen as one: alive, stale (silent for over 3 s), dead (ended without goodbye).',
};
export const GROUP_METRICS: readonly Metric[] = [PROCESSES];

const SCOPE = { name: 'loadline' };
/** Made anew by each process: it can't be said of several. */
const OWN_KEYS: readonly string[] = ['process.pid'];
const RANDOM_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** Processes that ended which are kept until every pushing adapter has delivered their last values. */
const DEPARTED_LIMIT = 64;

export interface ViewOptions {
  readonly aggregate: Aggregate;
  /** Key of the own process. */
  readonly self: string;
  /** Whether somebody asks for each process by itself and says what it delivered. */
  readonly keepsDeparted: boolean;
}

/** One moment of the group, taken as a whole before it is shown. */
export interface Moment {
  /** Epoch ms. */
  readonly time: number;
  /** ms, monotonic. */
  readonly now: number;
  readonly slots: readonly Slot[];
  readonly host: readonly MetricSnapshot[];
}

export class View {
  readonly #options: ViewOptions;
  /** Keys that processes have had different values for. */
  readonly #different = new Set(OWN_KEYS);
  #resource: Attributes | undefined;
  #departed: { readonly at: number; readonly snapshot: Snapshot }[] = [];

  constructor(options: ViewOptions) {
    this.#options = options;
  }

  /** `time`: epoch ms. */
  depart(occupant: Occupant, time: number): void {
    if (!this.#options.keepsDeparted || !occupant.held || !occupant.resource) return;
    const metrics = sumsOf(occupant.held.metrics);
    const snapshot = { time: occupant.time, resource: occupant.resource, metrics };
    this.#departed = [...this.#departed.slice(1 - DEPARTED_LIMIT), { at: time, snapshot }];
  }

  /** Adapters answer for what was shown up to then (epoch ms). */
  taken(time: number): void {
    this.#departed = this.#departed.filter(({ at }) => at >= time);
  }

  /** The slots are copied by the caller: what changes afterwards is not shown. */
  show({ time, now, slots, host }: Moment): Snapshot {
    const present = slots.flatMap(({ occupant }) => (occupant?.held && occupant.resource ? [occupant] : []));
    const combined = combine(slots.map(shownOf), this.#options.aggregate);
    const processes = present.map(({ time: at, resource, held }) => ({
      time: at,
      resource: resource!,
      metrics: held!.metrics,
    }));
    return {
      time,
      resource: this.#common(present.map(({ resource }) => resource!)),
      metrics: merge([combined, host, [this.#counted(slots, now)]]),
      processes: [...processes, ...this.#departed.map(({ snapshot }) => snapshot)],
    };
  }

  #counted(slots: readonly Slot[], now: number): MetricSnapshot {
    const counts: Record<ProcessState, number> = { alive: 0, stale: 0, dead: 0 };
    for (const slot of slots) {
      const state = stateOf(slot, this.#options.self, now);
      if (state) counts[state]++;
    }
    const points = Object.entries(counts).map(([state, value]) => ({ attributes: { state }, startTime: 0, value }));
    return { metric: PROCESSES, scope: SCOPE, points };
  }

  /** What all processes have in common; the same object while it is the same, and a key that is gone stays away. */
  #common(resources: readonly Attributes[]): Attributes {
    const [first = {}] = resources;
    for (const [key, value] of Object.entries(first)) {
      const isOwn = key === 'service.instance.id' && RANDOM_ID.test(String(value));
      if (isOwn || resources.some((each) => each[key] !== value)) this.#different.add(key);
    }
    const common = Object.fromEntries(Object.entries(first).filter(([key]) => !this.#different.has(key)));
    if (JSON.stringify(common) !== JSON.stringify(this.#resource)) this.#resource = common;
    return this.#resource!;
  }
}
