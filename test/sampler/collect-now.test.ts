/** The last round of a process that ends: nothing is waited for, and nothing is thrown. */
import test from 'ava';
import { COUNTER, collector, fail, GAUGE, never, own, points, sampler, value } from './helpers.ts';

test('What samplers put at once is there at once, also of those that go on later', (t) => {
  const settles = sampler('settles', (sink) => sink.put(COUNTER, 7));
  const goesOn = sampler('goes-on', async (sink) => {
    sink.put(GAUGE, 1);
    await never();
    sink.put(GAUGE, 2);
  });
  const { collector: one } = collector([settles, goesOn]);
  const result = one.collectNow();
  t.is(value(result, 'settles', COUNTER.name), 7);
  t.is(value(result, 'goes-on', GAUGE.name), 1);
});

test('One that is still being asked is not asked again: what it said last stays', async (t) => {
  const slow = sampler('slow', (sink, call) => {
    sink.put(COUNTER, call);
    return call === 1 ? undefined : never();
  });
  const { collector: one } = collector([slow], { timeout: 5000 });
  await one.collect();
  const asking = one.collect();
  await Promise.resolve();
  await Promise.resolve();
  t.is(slow.calls, 2);
  t.is(value(one.collectNow(), 'slow', COUNTER.name), 2);
  t.is(slow.calls, 2);
  one.close();
  await asking;
});

test('One that throws, one that puts nonsense and one whose every property throws leave the others', (t) => {
  const hostile = new Proxy({}, { get: () => fail('on purpose'), has: () => fail(), ownKeys: () => fail() });
  const throws = sampler('throws', (sink) => {
    sink.put(COUNTER, 3);
    fail();
  });
  const nonsense = sampler('nonsense', (sink) => {
    sink.put(GAUGE, Number.NaN);
    (sink.put as (...args: unknown[]) => void)(null, {}, hostile);
  });
  const { collector: one } = collector([
    hostile,
    throws,
    null,
    nonsense,
    sampler('fine', (sink) => sink.put(GAUGE, 4)),
  ]);
  const result = one.collectNow();
  t.is(value(result, 'throws', COUNTER.name), 3);
  t.is(value(result, 'fine', GAUGE.name), 4);
  t.deepEqual(points(result, 'nonsense', GAUGE.name), []);
  t.is(own(result, 'errors', 'throws'), 1);
  t.notThrows(() => structuredClone(result));
});

test('A set that throws when it is read, and a collector that was closed, have nothing to say', (t) => {
  const { collector: closed } = collector([sampler('a', (sink) => sink.put(GAUGE, 1))]);
  closed.close();
  t.deepEqual(closed.collectNow(), []);
  const { collector: unreadable, samplers } = collector([]);
  Object.defineProperty(samplers, Symbol.iterator, { value: () => fail() });
  t.deepEqual(unreadable.collectNow(), []);
});
