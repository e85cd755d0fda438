/** Everything that is measured on the reporter thread. A new number is one file here and one line in this list. */
import type { StoreReader } from '../store/reader.ts';
import { containerLimits } from './container-limits.ts';
import { eventLoop } from './event-loop.ts';
import type { HostProbe, HostSettings } from './host-probe.ts';
import { httpInFlight } from './http.ts';
import { listenOverflows } from './listen-overflows.ts';
import { type IsAgents, listenQueue } from './listen-queue.ts';
import { processProbe } from './process.ts';
import { pss } from './pss.ts';
import { series } from './series.ts';
import { threadPool } from './thread-pool.ts';
import { threads } from './threads.ts';

export interface HostProbeOptions extends HostSettings {
  /** The main thread's. */
  readonly map: StoreReader;
  /** Histogram bounds by metric name that the user set. */
  readonly bounds: { readonly [metric: string]: readonly number[] };
  readonly isAgents: IsAgents;
  /** The kernel's numbers of the app's worker threads. Must not throw. */
  readonly workers: () => ReadonlySet<number>;
}

/** What Linux tells is not in the list elsewhere, so that nobody is warned of what cannot be. */
export function hostProbes({ map, bounds, isAgents, workers, ...settings }: HostProbeOptions): HostProbe[] {
  const everywhere = [
    processProbe(),
    eventLoop(map, settings),
    httpInFlight(map, settings),
    series(map, settings),
    threadPool({ bounds: bounds['loadline.threadpool.delay'] }),
  ];
  if (process.platform !== 'linux') return everywhere;
  return [...everywhere, listenQueue(isAgents), listenOverflows(), threads(workers), containerLimits(), pss()];
}
