/**
 * The Graphite adapter: the plaintext protocol over TCP, by a socket of its own or a client of the npm package `graphite`.
 * Settings in `graphite-options.ts`, names in `graphite-names.ts`.
 */
import { hostname } from 'node:os';
import type { Adapter, AdapterContext, AdapterFactory } from '../src/reporter/adapter.ts';
import type { Attributes } from '../src/snapshot/metric.ts';
import type { Snapshot } from '../src/snapshot/snapshot.ts';
import { ClientSender, loadClient } from './graphite-client.ts';
import { Connection, type Sender } from './graphite-connection.ts';
import { type Refusal, toLines } from './graphite-lines.ts';
import { dottedNaming, type Naming, originOf, taggedNaming } from './graphite-names.ts';
import { type GraphiteOptions, parseOptions, type Settings } from './graphite-options.ts';
import { Spool } from './graphite-spool.ts';

export type { GraphiteOptions } from './graphite-options.ts';

/** ms for which lines that were sent are kept, to be sent again after a broken connection. */
const KEEP = 60_000;
/** s by which timestamps may run ahead of the clock to stay apart; beyond, the clock was set back. */
const AHEAD = 5;
/** How many metrics are named on stderr, each once. */
const MAX_TOLD = 50;

/** Rejects with all problems of the options and the environment at once. */
const createGraphite: AdapterFactory<GraphiteOptions | undefined> = async (options, context): Promise<Adapter> => {
  const settings = parseOptions(options, process.env);
  const spool = new Spool({
    maxBytes: settings.spoolBytes,
    maxAge: settings.spoolAge * 1000,
    keep: KEEP,
    count: (outcome, points) => context.count(outcome, points),
    now: () => performance.now(),
  });
  const sender = await senderFor(settings, spool, context);
  const naming = namings(settings);
  const tell = refusalLog(context);
  const nextTimestamp = timestamps();
  let isClosed = false;
  return {
    wants: { temporality: 'delta' },
    async push(snapshot: Snapshot): Promise<void> {
      if (isClosed) throw new Error('the Graphite adapter is closed');
      const timestamp = nextTimestamp(snapshot.time);
      const { pieces, refusals } = toLines(snapshot, naming(snapshot.resource), timestamp);
      for (const { points } of refusals) context.count('dropped', points);
      tell(refusals);
      for (const piece of pieces) spool.add(piece, timestamp);
      sender.wake();
    },
    async close(signal: AbortSignal): Promise<void> {
      isClosed = true;
      await sender.close(signal);
      spool.clear();
    },
  };
};

export default createGraphite;

async function senderFor(settings: Settings, spool: Spool, context: AdapterContext): Promise<Sender> {
  const { host, port, transport } = settings;
  const log = (line: string) => context.log(line);
  if (transport === 'socket') return new Connection({ host, port, spool, log });
  return new ClientSender({ spool, makeClient: await loadClient(host, port), log });
}

/** A resource is one object for the life of a process, and names are remembered with it. */
function namings({ format, template }: Settings): (resource: Attributes) => Naming {
  const known = new WeakMap<Attributes, Naming>();
  return (resource) => {
    let naming = known.get(resource);
    if (naming === undefined) {
      const origin = originOf(resource, hostname());
      naming = format === 'tagged' ? taggedNaming(origin) : dottedNaming(template, origin);
      known.set(resource, naming);
    }
    return naming;
  };
}

/** Epoch s for epoch ms, no second twice: carbon would overwrite the first interval's points. */
function timestamps(): (time: number) => number {
  let last = 0;
  return (time) => {
    const second = Math.floor(time / 1000);
    last = second <= last && last - second < AHEAD ? last + 1 : second;
    return last;
  };
}

/** Each metric that was left out is said once, the first 50. */
function refusalLog(context: AdapterContext): (refusals: readonly Refusal[]) => void {
  const told = new Set<string>();
  return (refusals) => {
    for (const { metric, reason } of refusals) {
      if (told.size >= MAX_TOLD || told.has(metric)) continue;
      told.add(metric);
      context.log(`graphite: ${JSON.stringify(metric.slice(0, 100))} is left out: ${reason}`);
    }
  };
}
