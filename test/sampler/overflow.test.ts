import test from 'ava';
import { Overflow } from '../../src/sampler/overflow.ts';
import { OVERFLOW_ATTRIBUTES } from '../../src/snapshot/metric.ts';
import type { HistogramPoint } from '../../src/snapshot/snapshot.ts';
import { COUNTER, collector, fail, own, points, sampler, value } from './helpers.ts';

function round(overflow: Overflow, values: readonly (number | HistogramPoint)[], complete = true) {
  for (const value of values) overflow.add(value);
  overflow.commit(complete);
  return overflow.point?.value;
}

test('a counter rises with the sum and keeps its height when a member leaves and comes back', (t) => {
  const overflow = new Overflow('counter', 1);
  t.is(round(overflow, [1, 2, 3]), 6);
  t.is(round(overflow, [2, 3, 4]), 9);
  t.is(round(overflow, [2, 3]), 9);
  t.is(round(overflow, [2, 3, 4]), 9);
  t.is(round(overflow, [2, 3, 6]), 11);
});

test('after ten complete rounds below its old height it goes on from there', (t) => {
  const overflow = new Overflow('counter', 1);
  round(overflow, [100]);
  for (let i = 1; i <= 10; i++) t.is(round(overflow, [i]), 100);
  t.is(round(overflow, [15]), 105);
});

test('an incomplete round can raise a counter but not lower it, and does not count as one below', (t) => {
  const overflow = new Overflow('counter', 1);
  round(overflow, [5, 5]);
  for (let i = 0; i < 20; i++) t.is(round(overflow, [5], false), 10);
  t.is(round(overflow, [5, 7], false), 12);
  t.is(round(overflow, [5, 8]), 13);
});

test('an updown is the sum of the last complete round', (t) => {
  const overflow = new Overflow('updown', 1);
  t.is(round(overflow, [5], false), undefined);
  t.is(round(overflow, [5, -7]), -2);
  t.is(round(overflow, [100], false), -2);
  t.is(round(overflow, [1]), 1);
});

test('no bucket of a histogram falls, while its sum may', (t) => {
  const overflow = new Overflow('histogram', 1);
  t.deepEqual(
    round(overflow, [
      { counts: [1, 2], sum: 3 },
      { counts: [1, 0], sum: 1 },
    ]),
    { counts: [2, 2], sum: 4 },
  );
  t.deepEqual(round(overflow, [{ counts: [3, 2], sum: -3 }]), { counts: [3, 2], sum: -3 });
  t.deepEqual(round(overflow, [{ counts: [2, 9], sum: 9 }]), { counts: [3, 2], sum: -3 });
});

test('sums beyond all numbers are left out', (t) => {
  const overflow = new Overflow('counter', 1);
  round(overflow, [5]);
  t.is(round(overflow, [Number.MAX_VALUE, Number.MAX_VALUE]), 5);
  t.is(round(overflow, [6]), 6);
});

test('fractions never make it fall', (t) => {
  const overflow = new Overflow('counter', 1);
  let last = 0;
  let value = 0.1;
  for (let i = 0; i < 2000; i++) {
    value += (i % 7) * 1e-9;
    const shown = round(overflow, i % 3 === 0 ? [value, 1e9] : [value]) as number;
    t.true(shown >= last, String(i));
    last = shown;
  }
});

test('the door closes with the first overflow and opens ten rounds after the last', async (t) => {
  let now = 1000;
  const one = sampler('one', (sink, call) => {
    if (call <= 12) sink.put(COUNTER, 1, { always: 1 });
    if (call === 1) for (let i = 0; i < 5; i++) sink.put(COUNTER, 1, { i });
    else sink.put(COUNTER, 1, { always: 2 });
  });
  const { collector: it } = collector([one], { seriesLimit: 2, now: () => now, processStart: 1 });
  const shown: string[] = [];
  for (let call = 1; call <= 26; call++) {
    now += 1000;
    const keys = points(await it.collect(), 'one', COUNTER.name).map(({ attributes }) => JSON.stringify(attributes));
    shown.push(keys.join(' '));
  }
  t.is(shown[0], '{"always":1} {"i":0} {"otel.metric.overflow":true}');
  t.is(shown[11], '{"always":1} {"otel.metric.overflow":true}');
  t.is(shown[24], '{"otel.metric.overflow":true}');
});

test('a door that opens again admits new series, and the next overflow begins anew', async (t) => {
  let now = 1000;
  const one = sampler('one', (sink, call) => {
    const names = call <= 1 || call >= 13 ? ['a', 'b', 'c'] : ['a'];
    for (const name of names) sink.put(COUNTER, call, { name });
  });
  const { collector: it } = collector([one], { seriesLimit: 2, now: () => now, processStart: 1 });
  const seen: unknown[] = [];
  for (let call = 1; call <= 13; call++) {
    now = 1000 * call;
    const all = points(await it.collect(), 'one', COUNTER.name);
    if ([1, 10, 11, 13].includes(call)) seen.push(all.map(({ attributes, startTime }) => [attributes.name, startTime]));
  }
  t.deepEqual(seen, [
    [
      ['a', 1],
      ['b', 1],
      [undefined, 1],
    ],
    [
      ['a', 1],
      ['b', 1],
      [undefined, 1],
    ],
    [['a', 1]],
    [
      ['a', 1],
      ['b', 11000],
      [undefined, 11000],
    ],
  ]);
});

test('what a sampler puts under the overflow attributes adds to the overflow and closes no door', async (t) => {
  const one = sampler('one', (sink, call) => {
    sink.put(COUNTER, 10, OVERFLOW_ATTRIBUTES);
    for (let i = 0; i < (call === 1 ? 1 : 3); i++) sink.put(COUNTER, 1, { i });
  });
  const { collector: it } = collector([one], { seriesLimit: 2 });
  const first = await it.collect();
  t.is(value(first, 'one', COUNTER.name, OVERFLOW_ATTRIBUTES), 10);
  t.is(own(first, 'overflowed', 'one'), 0);
  const second = await it.collect();
  t.is(value(second, 'one', COUNTER.name, OVERFLOW_ATTRIBUTES), 11);
  t.is(own(second, 'overflowed', 'one'), 1);
});

test('a sampler that fails half way through its overflow loses and doubles nothing', async (t) => {
  const one = sampler('one', (sink, call) => {
    for (let i = 0; i < 10; i++) {
      if (call === 2 && i === 7) fail();
      sink.put(COUNTER, call, { i });
    }
  });
  const { collector: it } = collector([one], { seriesLimit: 4 });
  const totals: number[] = [];
  for (let i = 0; i < 4; i++) {
    const all = points(await it.collect(), 'one', COUNTER.name);
    totals.push(all.reduce((sum, { value }) => sum + (value as number), 0));
  }
  t.deepEqual(totals, [10, 4 * 2 + 6, 4 * 2 + 6, 30]);
});
