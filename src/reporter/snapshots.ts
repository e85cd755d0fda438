/** Puts a snapshot together: what the maps hold, what the host probes read, what the samplers said last. */
import { epochOf, now } from '../clock.ts';
import { merge } from '../snapshot/merge.ts';
import type { Attributes } from '../snapshot/metric.ts';
import type { Sight } from '../snapshot/sight.ts';
import type { MetricSnapshot, Snapshot } from '../snapshot/snapshot.ts';
import type { HostProbes } from './host-probes.ts';
import type { Maps } from './maps.ts';
import type { Sampled } from './sampled.ts';

export class Snapshots {
  readonly #maps: Maps;
  readonly #host: HostProbes;
  readonly #sampled: Sampled;
  readonly #resource: Attributes;

  constructor(maps: Maps, host: HostProbes, sampled: Sampled, resource: Attributes) {
    this.#maps = maps;
    this.#host = host;
    this.#sampled = sampled;
    this.#resource = resource;
  }

  /**
   * A fresh snapshot. Waits for samplers within their deadline, never for a blocked thread. Never rejects.
   * `without`: the scope of samplers whose values are left out, before anything is added up.
   */
  async take(without?: string): Promise<Snapshot> {
    await this.refresh();
    const time = now();
    const sampled = this.#sampled.metrics().filter(({ scope }) => scope.name !== without);
    const metrics = merge([...this.#maps.metrics(time, without), this.#host.metrics(time), sampled]);
    return { time: epochOf(time), resource: this.#resource, metrics };
  }

  /** Resolves when what only the app's threads know is as fresh as can be had. Never rejects. */
  async refresh(): Promise<void> {
    await Promise.all([this.#sampled.refresh(), this.#maps.refresh()]);
  }

  /** At once, with what samplers said last, without what is true of the whole host. */
  own(): MetricSnapshot[] {
    const time = now();
    return merge([...this.#maps.metrics(time), this.#host.metrics(time, 'process'), this.#sampled.metrics()]);
  }

  /** The same with what is true of the host, for who looks often. Nobody is asked anything. */
  sight(): Sight {
    const [time, metrics] = [now(), merge([this.own(), this.ofHost()])];
    const own = { slot: undefined, key: '', pid: process.pid, state: 'alive', since: undefined, earlier: [] } as const;
    // Of threads, what each of them counted: how busy it is.
    const told =
      this.#maps.living().length > 1
        ? merge([...this.#maps.metrics(time, undefined, 'worker'), this.#host.metrics(time, 'process')])
        : metrics;
    return { time: epochOf(time), resource: this.#resource, metrics, processes: [{ ...own, metrics: told }] };
  }

  ofHost(): MetricSnapshot[] {
    return this.#host.metrics(now(), 'host');
  }
}
