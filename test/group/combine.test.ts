import test from 'ava';
import { combine } from '../../src/group/combine.ts';
import type { Shown } from '../../src/group/slots.ts';
import { AGE, histogram, LATENCY, MEMORY, one, REQUESTS, valuesOf } from './metrics.ts';

const shown = (number: number, rest: Partial<Shown>): Shown => ({ number, live: [], over: false, base: [], ...rest });

const SLOTS = [
  shown(1, {
    live: [one(REQUESTS, 3, { a: 1 }), one(MEMORY, 10), one(AGE, 5), one(LATENCY, histogram(1, 0, 0))],
    base: [one(REQUESTS, 100, { a: 1 })],
  }),
  shown(2, { live: [one(REQUESTS, 4, { a: 1 }), one(MEMORY, 20), one(AGE, 6)], over: true }),
  shown(3, { live: [one(REQUESTS, 5, { a: 2 }), one(MEMORY, 40), one(AGE, 7), one(LATENCY, histogram(0, 2, 0))] }),
];

test('summed: counters and histograms of all, updowns of those that live, gauges by worker', (t) => {
  t.deepEqual(valuesOf(combine(SLOTS, 'sum')), {
    'requests a=1': 107,
    'requests a=2': 5,
    memory: 50,
    latency: [1, 2, 0],
    'age loadline.worker=1': 5,
    'age loadline.worker=3': 7,
  });
});

test('by worker: each slot has its own, with what it counted before', (t) => {
  t.deepEqual(valuesOf(combine(SLOTS, 'worker')), {
    'requests a=1 loadline.worker=1': 103,
    'requests a=1 loadline.worker=2': 4,
    'requests a=2 loadline.worker=3': 5,
    'memory loadline.worker=1': 10,
    'memory loadline.worker=3': 40,
    'latency loadline.worker=1': [1, 0, 0],
    'latency loadline.worker=3': [0, 2, 0],
    'age loadline.worker=1': 5,
    'age loadline.worker=3': 7,
  });
});

test('threads of a process are told apart by its slot, and are one in a sum', (t) => {
  const live = [
    one(AGE, 1),
    one(AGE, 2, { 'loadline.worker': 1 }),
    one(REQUESTS, 1, { 'loadline.worker': 'main' }),
    one(REQUESTS, 2, { 'loadline.worker': 2 }),
  ];
  t.deepEqual(valuesOf(combine([shown(3, { live })], 'sum')), {
    'age loadline.worker=3': 1,
    'age loadline.worker=3.1': 2,
    requests: 3,
  });
  t.deepEqual(valuesOf(combine([shown(3, { live })], 'worker')), {
    'age loadline.worker=3': 1,
    'age loadline.worker=3.1': 2,
    'requests loadline.worker=3': 1,
    'requests loadline.worker=3.2': 2,
  });
});

test('nothing in, nothing out; and nothing that came in is changed', (t) => {
  t.deepEqual(combine([], 'sum'), []);
  const copy = structuredClone(SLOTS);
  combine(SLOTS, 'worker');
  t.deepEqual(SLOTS, copy);
});

test('what earlier processes counted under another description does not hide what is counted now', (t) => {
  const other = { ...LATENCY, bounds: [5] };
  const slot = shown(1, { live: [one(other, histogram(1, 1))], base: [one(LATENCY, histogram(9, 9, 9))] });
  t.deepEqual(valuesOf(combine([slot], 'sum')), { latency: [1, 1] });
});
