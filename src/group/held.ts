/** The metrics of one process as they came: bytes that are read when somebody wants them, which may be never. */
import { reasonOf } from '../errors.ts';
import type { MetricSnapshot } from '../snapshot/snapshot.ts';
import { decodeMetrics, encodeMetrics } from './codec.ts';

export class Held {
  #bytes: Buffer | undefined;
  #metrics: readonly MetricSnapshot[] | undefined;
  /** What takes their place should they be unreadable. */
  readonly #fallback: readonly MetricSnapshot[];
  #problem: string | undefined;

  private constructor(bytes: Buffer | undefined, metrics: readonly MetricSnapshot[] | undefined, before?: Held) {
    this.#bytes = bytes;
    this.#metrics = metrics;
    const known = before && (before.#metrics ?? before.#fallback);
    this.#fallback = known ?? [];
  }

  /** `before`: of the same process, earlier. */
  static ofBytes(bytes: Buffer, before?: Held): Held {
    return new Held(bytes, undefined, before);
  }

  static of(metrics: readonly MetricSnapshot[]): Held {
    return new Held(undefined, metrics);
  }

  get bytes(): Buffer {
    this.#bytes ??= encodeMetrics(this.#metrics!);
    return this.#bytes;
  }

  /** Never throws: what cannot be read is a `problem`, and what was read last stays. */
  get metrics(): readonly MetricSnapshot[] {
    this.#metrics ??= this.#read();
    return this.#metrics;
  }

  /** Why they could not be read; known once `metrics` was asked for. */
  get problem(): string | undefined {
    return this.#problem;
  }

  #read(): readonly MetricSnapshot[] {
    try {
      return decodeMetrics(this.#bytes!);
    } catch (error) {
      this.#problem = reasonOf(error);
      return this.#fallback;
    }
  }
}
