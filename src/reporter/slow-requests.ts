/** Findings of requests that are in flight for longer than the setting `slowRequest`. */
import { epochOf } from '../clock.ts';
import type { InFlight } from '../store/reader.ts';
import type { Findings, Found, OpenFinding } from './findings.ts';
import type { LivingMap } from './maps.ts';
import { inFlightNow, seconds } from './requests.ts';

export interface SlowRequestsOptions {
  /** ms from which on a request is slow. */
  readonly threshold: number;
  readonly findings: Findings;
  /** Of the app's threads that live. */
  maps(): Iterable<LivingMap>;
}

/** Slow requests with a finding of their own at a time; one more finding counts the others. */
export const OPEN_LIMIT = 50;

interface Slow extends InFlight {
  readonly worker: string;
}

interface Watched {
  request: Slow;
  /** In flight when it was found. */
  readonly inFlight: number;
  readonly finding: OpenFinding;
}

export class SlowRequests {
  readonly #options: SlowRequestsOptions;
  readonly #watched = new Map<string, Watched>();
  #others: { readonly finding: OpenFinding; count: number; most: number } | undefined;

  constructor(options: SlowRequestsOptions) {
    this.#options = options;
  }

  /** Looks once: call it each half second. `time`: ms, monotonic. */
  check(time: number): void {
    const slow = this.#slowAt(time);
    if (slow.size === 0 && this.#watched.size === 0 && this.#others === undefined) return;
    const inFlight = inFlightNow(this.#options.maps());
    for (const [key, watched] of this.#watched) {
      const request = slow.get(key);
      if (request === undefined) this.#end(key, watched, time, inFlight);
      else this.#follow(watched, request);
    }
    let others = 0;
    for (const [key, request] of slow) {
      if (this.#watched.has(key)) continue;
      if (this.#watched.size < OPEN_LIMIT) this.#begin(key, request, inFlight);
      else others++;
    }
    this.#count(others, time, inFlight);
  }

  /** Oldest first within a thread. */
  #slowAt(time: number): Map<string, Slow> {
    const latest = time - this.#options.threshold;
    const slow = new Map<string, Slow>();
    for (const { worker, map } of this.#options.maps()) {
      // Most of the time nothing is slow, and this reads one number for each slot.
      if (map.oldestStart() > latest) continue;
      for (const request of map.inFlight(latest)) {
        slow.set(`${worker} ${request.slot} ${request.start}`, { ...request, worker });
      }
    }
    return slow;
  }

  #begin(key: string, request: Slow, inFlight: number): void {
    const { worker, start } = request;
    const title = `${nameOf(request)} has been in flight for over ${this.#threshold}`;
    const evidence = this.#evidence(request, inFlight);
    const finding = this.#open({ since: epochOf(start), worker, title, evidence });
    this.#watched.set(key, { request, inFlight, finding });
  }

  #follow(watched: Watched, request: Slow): void {
    const { phase, route } = watched.request;
    if (request.phase === phase && request.route === route) return;
    watched.request = request;
    watched.finding.update({ evidence: this.#evidence(request, watched.inFlight) });
  }

  #end(key: string, { request, inFlight, finding }: Watched, time: number, inFlightAtEnd: number): void {
    this.#watched.delete(key);
    const duration = seconds(time - request.start);
    const title = `${nameOf(request)} was in flight for ${duration.toFixed(1)} s`;
    const evidence = { ...this.#evidence(request, inFlight), inFlightAtEnd, duration };
    finding.close(epochOf(time), { title, evidence });
  }

  #evidence({ method, path, route, phase }: Slow, inFlight: number): Found['evidence'] {
    const threshold = seconds(this.#options.threshold);
    return { method, path, route: route ?? null, phase, threshold, inFlight, inFlightAtEnd: null, duration: null };
  }

  /** Slow requests beyond the limit: as one finding that lasts as long as there are any. */
  #count(others: number, time: number, inFlight: number): void {
    const known = this.#others;
    if (others === 0) {
      known?.finding.close(epochOf(time));
      this.#others = undefined;
    } else if (known === undefined) {
      const finding = this.#open({ since: epochOf(time), worker: 'main', ...this.#summary(others, others, inFlight) });
      this.#others = { finding, count: others, most: others };
    } else if (others !== known.count) {
      known.count = others;
      known.most = Math.max(known.most, others);
      known.finding.update(this.#summary(others, known.most, inFlight));
    }
  }

  #summary(others: number, most: number, inFlight: number): Pick<Found, 'title' | 'evidence'> {
    const title = `${most} more requests have been in flight for over ${this.#threshold}`;
    return { title, evidence: { others, most, threshold: seconds(this.#options.threshold), inFlight } };
  }

  #open(found: Omit<Found, 'kind' | 'severity'>): OpenFinding {
    return this.#options.findings.open({ kind: 'slow-request', severity: 'warning', ...found });
  }

  get #threshold(): string {
    return `${seconds(this.#options.threshold)} s`;
  }
}

function nameOf({ method, path, route }: Slow): string {
  return `${method} ${route ?? path}`;
}
