import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import test from 'ava';
import type { HistogramPoint } from '../../src/snapshot/snapshot.ts';
import { StoreReader } from '../../src/store/reader.ts';
import { pointsOf, sum } from '../store/metrics.ts';

/** How long each writer writes. */
const MS = 2000;

function thread(file: string, workerData: object): Worker {
  return new Worker(new URL(file, import.meta.url), { workerData });
}

async function message<T>(worker: Worker): Promise<T> {
  const [value] = await once(worker, 'message');
  return value as T;
}

interface Report {
  readonly readings: number;
  readonly problems: readonly string[];
}

/** Two readers beside one writer, from its first word to its last. */
async function race<W, R extends Report>(writerFile: string, readerFile: string) {
  const writer = thread(writerFile, { ms: MS });
  const { buffer } = await message<{ buffer: SharedArrayBuffer }>(writer);
  const readers = [thread(readerFile, { buffer }), thread(readerFile, { buffer })];
  const written = await message<W>(writer);
  const reports = readers.map((reader) => message<R>(reader));
  for (const reader of readers) reader.postMessage('end');
  const read = await Promise.all(reports);
  await Promise.all([writer, ...readers].map((worker) => worker.terminate()));
  return { buffer, written, read };
}

test.serial('Two threads read while one writes: no number falls or is torn, and at the end none is lost', async (t) => {
  interface Written {
    readonly counted: number;
    readonly recorded: number;
    readonly sum: number;
    readonly metrics: number;
  }
  const { buffer, written, read } = await race<Written, Report>('./writer-thread.js', './reader-thread.js');
  for (const { readings, problems } of read) {
    t.deepEqual(problems, []);
    t.true(readings > 10, `${readings} readings`);
  }
  const metrics = new StoreReader(buffer).metrics();
  const counted = pointsOf(metrics, 'race.counter').map(({ value }) => value as number);
  t.is(sum(counted), written.counted);
  const histograms = pointsOf(metrics, 'race.histogram').map(({ value }) => value as HistogramPoint);
  t.is(sum(histograms.map(({ counts }) => sum(counts))), written.recorded);
  t.is(sum(histograms.map(({ exponential }) => sum(exponential!.counts) + exponential!.zeroCount)), written.recorded);
  t.true(Math.abs(sum(histograms.map((point) => point.sum)) / written.sum - 1) < 1e-9);
  t.is(metrics.filter(({ metric }) => metric.name.startsWith('race.late.')).length, written.metrics);
});

test.serial(
  'Two threads watch requests that come and go at full speed: busy time and slots are never mixed',
  async (t) => {
    interface Written {
      readonly count: number;
      readonly inFlightTime: number;
    }
    type Seen = Report & { readonly seen: number; readonly busy: number };
    const { buffer, written, read } = await race<Written, Seen>('./busy-thread.js', './busy-reader-thread.js');
    t.true(written.count > 10_000, `${written.count} requests`);
    for (const { readings, seen, busy, problems } of read) {
      t.deepEqual(problems, []);
      t.true(readings > 10 && seen > 100, `${readings} readings, ${seen} requests seen`);
      // What a reader predicts from a state that is just ending may lead by the time since: microseconds.
      t.true(Math.abs(busy / (written.inFlightTime / 1e3) - 1) < 0.01, `${busy} s, not ${written.inFlightTime} ms`);
    }
    const reader = new StoreReader(buffer);
    t.deepEqual(reader.inFlight(), []);
    t.true(Math.abs(reader.busySeconds(0) - written.inFlightTime / 1e3) < 1e-3);
  },
);
