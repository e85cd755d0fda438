/** A reading thread of the race tests: reads until told to end, and compares each reading with the one before. */
import { parentPort, workerData } from 'node:worker_threads';
import { attributesKey } from '../../src/snapshot/metric.ts';
import type { MetricSnapshot } from '../../src/snapshot/snapshot.ts';
import { StoreReader } from '../../src/store/reader.ts';

const reader = new StoreReader((workerData as { buffer: SharedArrayBuffer }).buffer);
const problems = new Set<string>();
const last = new Map<string, number[]>();
let readings = 0;
let ended = false;
parentPort!.on('message', () => {
  ended = true;
});

function total(counts: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) sum += counts[i]!;
  return sum;
}

/** Every number of a series: counters as they are; histograms as sum, buckets, exponential buckets by their index. */
function numbersOf(value: MetricSnapshot['points'][number]['value']): number[] {
  if (typeof value === 'number') return [value];
  const { counts, sum, exponential } = value;
  const numbers = [sum, ...Array.from(counts)];
  if (!exponential) return numbers;
  const all = total(exponential.counts) + exponential.zeroCount;
  if (all < total(counts)) problems.add(`${all} in exponential buckets, ${total(counts)} in explicit ones`);
  numbers.push(exponential.zeroCount);
  for (let i = 0; i < exponential.counts.length; i++) numbers[1000 + exponential.offset + i] = exponential.counts[i]!;
  return numbers;
}

function check({ metric, points }: MetricSnapshot): void {
  for (const { attributes, value } of points) {
    const key = metric.name + attributesKey(attributes);
    const numbers = numbersOf(value);
    last.get(key)?.forEach((before, i) => {
      const now = numbers[i] ?? 0;
      if (!(now >= before)) problems.add(`${key} [${i}] fell from ${before} to ${now}`);
    });
    numbers.forEach((number, i) => {
      if (i > 0 && !Number.isInteger(number)) problems.add(`${key} [${i}] is ${number}`);
    });
    last.set(key, numbers);
  }
}

function read(): void {
  try {
    for (const snapshot of reader.metrics()) check(snapshot);
    readings++;
  } catch (error) {
    problems.add(String((error as Error).stack));
  }
  if (ended) parentPort!.postMessage({ readings, problems: [...problems] });
  else setImmediate(read);
}
read();
