/** Puts a snapshot together: what the maps hold, what the host probes read, what the samplers said last. */
import { epochOf, now } from '../clock.ts';
import { merge } from '../snapshot/merge.ts';
import type { Attributes } from '../snapshot/metric.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
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

  /** A fresh snapshot. Waits for samplers within their deadline, never for a blocked thread. Never rejects. */
  async take(): Promise<Snapshot> {
    await this.#sampled.refresh();
    const time = now();
    const metrics = merge([this.#maps.metrics(), this.#host.metrics(time), this.#sampled.metrics()]);
    return { time: epochOf(time), resource: this.#resource, metrics };
  }
}
