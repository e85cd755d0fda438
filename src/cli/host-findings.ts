/** What this machine tells of itself to the probes of the reporter thread: each is tried, not guessed. */
import { createServer } from 'node:net';
import { now } from '../clock.ts';
import { findGroups, readCounts, readLimits } from '../host/cgroup.ts';
import type { HostProbe } from '../host/host-probe.ts';
import { listenOverflows } from '../host/listen-overflows.ts';
import { listenQueue } from '../host/listen-queue.ts';
import { pss } from '../host/pss.ts';
import { threads } from '../host/threads.ts';
import type { Attributes } from '../snapshot/metric.ts';
import type { Finding } from './check.ts';

/** One number that a probe put. */
interface Reading {
  readonly name: string;
  readonly attributes: Attributes;
}

/** Never rejects. Nothing here is essential: what is not told is absent. */
export async function hostFindings(): Promise<Finding[]> {
  if (process.platform !== 'linux') return [];
  return [
    await queues(),
    tried(
      'listen overflows',
      () => listenOverflows(),
      () => 'counted, for the whole network namespace',
    ),
    tried('CPU by thread', threads, describeThreads),
    tried('PSS', pss, (_, took) => `read in ${took} ms, once a minute`),
    container(),
  ];
}

/** Listens for a moment, since only a socket of one's own tells whether own sockets are found. */
async function queues(): Promise<Finding> {
  const what = 'listen queue';
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as { port: number };
    return tried(
      what,
      () => listenQueue(() => false),
      (readings, took) => {
        if (!readings.some(({ attributes }) => attributes['server.port'] === port)) {
          throw new Error('/proc/self/net does not show the sockets of this process');
        }
        return `read in ${took} ms; in a round-robin cluster the primary has it, its workers do not listen`;
      },
    );
  } catch (error) {
    return no(what, error);
  } finally {
    server.close();
  }
}

/** `describe` may throw: then it is not there, for that reason. */
function tried(
  what: string,
  make: () => HostProbe,
  describe: (readings: readonly Reading[], took: string) => string,
): Finding {
  try {
    const probe = make();
    const readings: Reading[] = [];
    const begin = now();
    probe.read(({ name }, _, attributes = {}) => void readings.push({ name, attributes }), begin);
    const detail = describe(readings, (now() - begin).toFixed(1));
    return { what, state: 'yes', essential: false, detail };
  } catch (error) {
    return no(what, error);
  }
}

function no(what: string, error: unknown): Finding {
  return { what, state: 'no', essential: false, detail: `absent: ${(error as Error).message}` };
}

/** Node.js 20 names none of its threads, 22 those of the pool, 24 all. The pool is made when it is first used. */
function describeThreads(readings: readonly Reading[]): string {
  const kinds = readings.map(({ attributes }) => attributes.thread);
  const unnamed = ['pool', 'v8'].filter((kind) => !kinds.includes(kind));
  return unnamed.length === 0 ? 'by kind' : `by kind, but for ${unnamed.join(' and ')}: in "other" here`;
}

function container(): Finding {
  const groups = findGroups();
  const { version, memory, cpus } = readLimits(groups);
  const { throttled, oomKills } = readCounts(groups);
  const detail = [
    version === undefined ? 'no cgroup' : `cgroup v${version}`,
    memory === undefined ? 'no memory limit' : `memory limit ${(memory / 1e6).toFixed(0)} MB`,
    cpus === undefined ? 'no CPU limit' : `CPU limit ${cpus}`,
    ...(cpus !== undefined && throttled === undefined ? ['throttling is not told'] : []),
    ...(oomKills === undefined ? ['OOM kills are not told'] : []),
  ].join(', ');
  return { what: 'container limits', state: version === undefined ? 'no' : 'yes', essential: false, detail };
}
