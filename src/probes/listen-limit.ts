/**
 * What the listen queues of this thread's servers may hold. The kernel's tables do not tell it: it is what the app asked
 * for when it called `listen`, capped by the machine.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import type { Attributes, Metric } from '../snapshot/metric.ts';
import type { Probe, ProbeContext } from './probe.ts';

const LIMIT: Metric = {
  name: 'loadline.listen.limit',
  kind: 'gauge',
  unit: '{connection}',
  help: 'What the listen queue may hold: the backlog that listen was called with, capped by net.core.somaxconn.',
};

const LISTEN_CALLED = 'tracing:net.server.listen:asyncStart';
const LISTENING = 'tracing:net.server.listen:asyncEnd';
const SOMAXCONN = '/proc/sys/net/core/somaxconn';
/** Node's own, `lib/net.js`, where the app names none. */
const DEFAULT_BACKLOG = 511;

interface Handle {
  /** Below 0 when it is closed; absent where another process listens and hands over connections (round-robin cluster). */
  readonly fd?: number;
}

interface Server {
  readonly _handle?: Handle | null;
  address(): string | { readonly port: number } | null;
}

/** A cluster's primary takes the handle from the server that made it, and keeps listening. */
interface Listening {
  readonly handle: Handle;
  readonly attributes: Attributes;
  readonly limit: number;
}

/** By the server that was told to listen. */
const backlogs = new WeakMap<object, number>();

/** Keeps what a `listen` was called with. The preload does it until this probe runs. */
export function noteListen(message: unknown): void {
  const { server, options } = message as { server: object; options?: { backlog?: unknown } | null };
  const asked = Number(options?.backlog);
  backlogs.set(server, asked > 0 ? asked : DEFAULT_BACKLOG);
}

export const listenLimit: Probe = {
  name: 'listen-limit',
  metrics: [LIMIT],
  start({ store, heartbeat, servers, define }: ProbeContext) {
    if (process.platform !== 'linux') return () => {};
    const most = Number(readFileSync(SOMAXCONN, 'latin1'));
    const gauge = define(LIMIT);
    let listening: Listening[] = [];
    let series: number[] = [];

    const show = () => {
      for (const at of series) store.cells[at] = Number.NaN;
      listening = listening.filter(({ handle }) => isOpen(handle));
      series = [];
      for (const { attributes, limit } of listening) {
        const at = gauge.series(attributes);
        // Two queues of one port are shown as one, as their lengths are.
        store.cells[at] = limit + (series.includes(at) ? store.cells[at]! : 0);
        series.push(at);
      }
    };
    const add = (server: unknown) => {
      const { _handle: handle } = server as Server;
      const backlog = backlogs.get(server as object);
      const address = (server as Server).address?.();
      if (backlog === undefined || !handle || !isOpen(handle) || !address) return;
      listening.push({ handle, attributes: attributesOf(address), limit: Math.min(backlog, most) });
      show();
    };
    const onListening = (message: unknown) => add((message as { server: unknown }).server);

    for (const server of servers) add(server);
    subscribe(LISTEN_CALLED, noteListen);
    subscribe(LISTENING, onListening);
    const stopLooking = heartbeat.everySecond(show);
    return () => {
      unsubscribe(LISTEN_CALLED, noteListen);
      unsubscribe(LISTENING, onListening);
      stopLooking();
      listening = [];
      show();
    };
  },
};

function isOpen({ fd = -1 }: Handle): boolean {
  return fd >= 0;
}

function attributesOf(address: string | { readonly port: number }): Attributes {
  return typeof address === 'string' ? { 'server.address': address } : { 'server.port': address.port };
}
