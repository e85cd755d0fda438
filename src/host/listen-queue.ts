/**
 * What waits for this process in the kernel, where no code of the app can see it: connections that are not accepted, and
 * accepted ones whose bytes are not read. Read while the app hangs, too.
 */
import type { Attributes, Metric } from '../snapshot/metric.ts';
import type { HostProbe, Put } from './host-probe.ts';
import { OwnSockets } from './own-sockets.ts';
import { Paced } from './paced.ts';
import type { Listening, Open } from './proc-net.ts';
import { readListening, readSockets } from './socket-tables.ts';

const QUEUE: Metric = {
  name: 'loadline.listen.queue',
  kind: 'gauge',
  unit: '{connection}',
  help: 'Connections that are established and wait for the app to accept them.',
};
const UNREAD: Metric = {
  name: 'loadline.sockets.unread',
  kind: 'gauge',
  unit: '{socket}',
  help: 'Accepted connections with bytes that the app has not read: what waits behind keep-alive.',
};
const UNSENT: Metric = {
  name: 'loadline.sockets.unsent',
  kind: 'gauge',
  unit: '{socket}',
  help: 'Accepted connections with bytes that the client has not acknowledged: slow clients, and answers on their way.',
};

/** ms between two readings, at least. */
const LEAST = 1000;

/** Where the agent itself listens: a port or a path. */
export type IsAgents = (at: number | string) => boolean;

export function listenQueue(isAgents: IsAgents): HostProbe {
  const sockets = new OwnSockets();
  const isWanted = (at: number | string) => !isAgents(at);
  const all = new Paced((time) => ({ ...readSockets(isWanted), time }), LEAST);
  const queues = new Paced(() => readListening().filter(({ at }) => isWanted(at)), LEAST);
  return {
    name: 'listen-queue',
    metrics: [QUEUE, UNREAD, UNSENT],
    read(put, time) {
      const { open, ...last } = all.get(time);
      // Where there are many connections, they are read less often than what waits for `accept`.
      const listening = time - last.time <= LEAST ? last.listening : queues.get(time);
      const own = sockets.among(inodesOf(listening), time);
      const mine = listening.filter(({ inode }) => own.has(inode));
      putSums(put, QUEUE, mine, ({ queue }) => queue);

      const ownWaiting = sockets.among(inodesOf(open.filter(waits)), time);
      const counted = [
        ...served(mine, open, (inode) => sockets.had(inode)),
        ...open.filter(({ inode }) => ownWaiting.has(inode)),
      ];
      putSums(put, UNREAD, counted, ({ unread }) => Number(unread > 0));
      putSums(put, UNSENT, counted, ({ unsent }) => Number(unsent > 0));
    },
  };
}

interface At {
  readonly at: number | string;
}

function inodesOf(sockets: readonly { readonly inode: number }[]): number[] {
  return sockets.map(({ inode }) => inode);
}

function waits({ unread, unsent }: Open): boolean {
  return unread + unsent > 0;
}

/**
 * The ports on which this process serves, with nothing waiting. Under a round-robin cluster it listens on none and is
 * handed its connections: those it had at the last look tell the port.
 */
function served(
  mine: readonly Listening[],
  accepted: readonly Open[],
  had: (inode: number) => boolean,
): (At & { readonly unread: number; readonly unsent: number })[] {
  const ports = new Set(mine.map(({ at }) => at).filter((at) => typeof at === 'number'));
  for (const { at, inode } of accepted) if (had(inode)) ports.add(at);
  return [...ports].map((at) => ({ at, unread: 0, unsent: 0 }));
}

/** One series for each port or path. */
function putSums<T extends At>(put: Put, metric: Metric, each: readonly T[], value: (one: T) => number): void {
  const sums = new Map<number | string, number>();
  for (const one of each) sums.set(one.at, (sums.get(one.at) ?? 0) + value(one));
  for (const [at, sum] of sums) put(metric, sum, attributesOf(at));
}

/** OpenTelemetry semantic conventions: the address of a Unix-domain socket is its path. */
function attributesOf(at: number | string): Attributes {
  return typeof at === 'number' ? { 'server.port': at } : { 'server.address': at };
}
