import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import test from 'ava';
import { Collector } from '../../src/sampler/collect.ts';
import type { Attributes } from '../../src/snapshot/metric.ts';
import type { HistogramPoint } from '../../src/snapshot/snapshot.ts';
import { blockFor, COUNTER, collector, fail, GAUGE, never, own, points, sampler, value } from './helpers.ts';

// The collector's own timers do not keep the process alive.
const alive = setInterval(() => undefined, 1000);
test.after.always(() => clearInterval(alive));

test('a series keeps the same attributes object, and older results do not change', async (t) => {
  const one = sampler('one', (sink, call) => sink.put(COUNTER, call, { part: 'a' }));
  const { collector: it } = collector([one]);
  const first = await it.collect();
  const second = await it.collect();
  t.is(points(first, 'one', COUNTER.name)[0]!.attributes, points(second, 'one', COUNTER.name)[0]!.attributes);
  t.is(value(first, 'one', COUNTER.name, { part: 'a' }), 1);
  t.is(value(second, 'one', COUNTER.name, { part: 'a' }), 2);
  t.deepEqual(structuredClone(second), second);
});

test('an empty set gives an empty result, and nothing is told about nobody', async (t) => {
  t.deepEqual(await collector([]).collector.collect(), []);
});

test('collect in progress is shared, also with a sampler that calls it itself', async (t) => {
  const inner: Promise<unknown>[] = [];
  const one = sampler('one', () => void inner.push(it.collect()));
  const { collector: it } = collector([one]);
  const outer = it.collect();
  t.is(it.collect(), outer);
  await outer;
  t.is(inner[0], outer);
  t.is(one.calls, 1);
});

test('a sampler that waits for its own round times out and the round ends', async (t) => {
  const one = sampler('one', () => it.collect());
  const { collector: it } = collector([one]);
  t.is(own(await it.collect(), 'timeouts', 'one'), 1);
});

test('it counts errors, timeouts, rounds left out, refused and overflowed values, and times', async (t) => {
  const bad = sampler('bad', (sink, call) => {
    sink.put(COUNTER, Number.NaN);
    for (let i = 0; i < 5; i++) sink.put(GAUGE, i, { i });
    if (call === 1) fail();
    return call === 2 ? never() : undefined;
  });
  const { collector: it } = collector([bad], { seriesLimit: 3 });
  for (let i = 0; i < 2; i++) await it.collect();
  const result = await it.collect();
  t.is(own(result, 'errors', 'bad'), 1);
  t.is(own(result, 'timeouts', 'bad'), 1);
  t.is(own(result, 'skipped', 'bad'), 1);
  t.is(own(result, 'refused', 'bad'), 2);
  t.is(own(result, 'overflowed', 'bad'), 4);
  const duration = own(result, 'duration', 'bad') as HistogramPoint;
  t.is(
    Array.from(duration.counts).reduce((sum, count) => sum + count),
    2,
  );
  t.true(duration.sum >= 0.05 && duration.sum < 10, String(duration.sum));
});

test('what it tells about a scope goes with its last sampler', async (t) => {
  const two = [sampler('s', () => undefined), sampler('s', () => fail())];
  const { collector: it, samplers } = collector(two);
  t.is(own(await it.collect(), 'errors', 's'), 1);
  samplers.delete(two[1]!);
  t.is(own(await it.collect(), 'errors', 's'), 1);
  samplers.clear();
  t.deepEqual(await it.collect(), []);
});

test('each warning comes once, on one line, whatever the sampler throws', async (t) => {
  const thrower = sampler('evil\nscope', (sink, call) => {
    sink.put({ name: 'a\nb'.repeat(1000), kind: 'gauge' }, 1);
    throw [new Error('line\nbreak'), null, Object.create(null), { toString: fail }][call % 4];
  });
  const { collector: it, warnings } = collector([thrower, null, null, 7, {}]);
  for (let i = 0; i < 40; i++) await it.collect();
  const codes = warnings.map((text) => text.split(' ')[0]);
  t.deepEqual(codes.sort(), [
    'ERR_LOADLINE_SAMPLER_INVALID',
    'ERR_LOADLINE_SAMPLER_INVALID',
    'ERR_LOADLINE_SAMPLER_THREW',
    'ERR_LOADLINE_SAMPLER_VALUE',
  ]);
  for (const text of warnings) {
    t.notRegex(text, /[\n\r]/);
    t.true(text.length < 1000);
  }
});

test('a warn that throws does no harm', async (t) => {
  const { collector: it } = collector([sampler('x', () => fail()), null], { warn: () => fail('warn') });
  t.is(own(await it.collect(), 'errors', 'x'), 1);
});

test('a set that cannot be read leaves the samplers as they are', async (t) => {
  const one = sampler('one', (sink, call) => sink.put(COUNTER, call));
  let broken = false;
  const samplers = {
    [Symbol.iterator]: () => (broken ? fail('iterator') : [one, one][Symbol.iterator]()),
  };
  const { collector: it, warnings } = collector([], { samplers });
  t.is(value(await it.collect(), 'one', COUNTER.name), 1);
  broken = true;
  t.is(value(await it.collect(), 'one', COUNTER.name), 2);
  t.regex(warnings.join(), /^ERR_LOADLINE_SAMPLER_SET /);
});

test('a name belongs to the first kind until nobody has a series of it', async (t) => {
  const first = sampler('first', (sink) => sink.put(COUNTER, 1));
  const second = sampler('second', (sink) => sink.put({ ...COUNTER, kind: 'updown' }, 2));
  const { collector: it, samplers } = collector([first, second]);
  t.is(value(await it.collect(), 'second', COUNTER.name), undefined);
  samplers.delete(first);
  t.is(value(await it.collect(), 'second', COUNTER.name), 2);
});

test('a name is free again after its series were forgotten', async (t) => {
  const changing = sampler('one', (sink, call) =>
    sink.put({ ...COUNTER, kind: call === 1 ? 'counter' : 'gauge' }, call),
  );
  const { collector: it } = collector([changing]);
  for (let i = 0; i < 11; i++) await it.collect();
  t.is(value(await it.collect(), 'one', COUNTER.name), 12);
});

test('a first put that is refused does not claim the name', async (t) => {
  const squatter = sampler('squatter', (sink) => {
    sink.put(COUNTER, Number.NaN);
    sink.put(COUNTER, 1, { bad: null } as never);
  });
  const { collector: it, samplers } = collector([squatter]);
  await it.collect();
  samplers.add(sampler('second', (sink) => sink.put({ ...COUNTER, unit: 's' }, 2)));
  samplers.delete(squatter);
  t.is(value(await it.collect(), 'second', COUNTER.name), 2);
});

test('the names of its own metrics cannot be taken', async (t) => {
  const thief = sampler('thief', (sink) => sink.put({ name: 'loadline.sampler.errors', kind: 'gauge' }, 1));
  const result = await collector([thief]).collector.collect();
  t.deepEqual(points(result, 'thief', 'loadline.sampler.errors'), []);
  t.is(own(result, 'refused', 'thief'), 1);
});

test('a metric that gives another name each time it is read takes no other place', async (t) => {
  let reads = 0;
  const liar = {
    get name() {
      return reads++ % 2 === 0 ? 'liar.even' : COUNTER.name;
    },
    kind: 'counter' as const,
  };
  const one = sampler('one', (sink) => {
    sink.put(COUNTER, 5);
    for (let i = 0; i < 5; i++) sink.put(liar, 1);
  });
  const { collector: it } = collector([one]);
  await it.collect();
  t.is(value(await it.collect(), 'one', COUNTER.name), 5);
});

test('more than 1000 metrics of one sampler are refused', async (t) => {
  const many = sampler('many', (sink, call) => {
    for (let i = 0; i < 1500; i++) sink.put({ name: `m.${call}.${i}`, kind: 'gauge' }, i);
  });
  const { collector: it } = collector([many]);
  for (let i = 0; i < 3; i++) {
    const result = await it.collect();
    t.is(result.filter((snapshot) => snapshot.scope.name === 'many').length, 1000);
  }
});

test('more than 1000 samplers wait until others leave', async (t) => {
  const all = Array.from({ length: 1001 }, (_, i) => sampler(`s${i}`, (sink) => sink.put(COUNTER, i)));
  const { collector: it, samplers } = collector(all);
  t.is(value(await it.collect(), 's1000', COUNTER.name), undefined);
  samplers.delete(all[0]!);
  t.is(value(await it.collect(), 's1000', COUNTER.name), 1000);
});

test('proxies and getters in metric, value and attributes are read or refused, never let through', async (t) => {
  const { proxy: revoked, revoke } = Proxy.revocable({}, {});
  revoke();
  const fine = new Proxy({ part: 'a' }, {});
  const one = sampler('one', ({ put }) => {
    put(COUNTER, 1, fine);
    put(COUNTER, 1, revoked);
    put(revoked as never, 1);
    put(COUNTER, revoked as never, Object.freeze({ part: 'b' }));
    put({ name: 'h', kind: 'histogram', bounds: new Proxy([1], {}) }, { counts: { length: 2, 0: 1, 1: 2 }, sum: 1 });
    put({ name: 'g', kind: 'histogram', bounds: [1] }, { counts: new Proxy([], { get: () => 1e9 }), sum: 1 });
  });
  const result = await collector([one]).collector.collect();
  t.is(value(result, 'one', COUNTER.name, { part: 'a' }), 1);
  t.deepEqual(value(result, 'one', 'h'), { counts: [1, 2], sum: 1 });
  t.is(own(result, 'refused', 'one'), 4);
  t.notThrows(() => structuredClone(result));
});

test('attributes may be called __proto__, constructor or toString', async (t) => {
  const attributes = JSON.parse('{"__proto__":"p","constructor":"c","toString":1}');
  const one = sampler('one', (sink, call) => sink.put(COUNTER, call, attributes));
  const { collector: it } = collector([one]);
  await it.collect();
  const [point] = points(await it.collect(), 'one', COUNTER.name);
  t.is(point!.value, 2);
  t.deepEqual(Object.keys(point!.attributes), ['__proto__', 'constructor', 'toString']);
  t.is(Object.getPrototypeOf(point!.attributes), Object.prototype);
});

test('inherited attributes are not taken for own ones', async (t) => {
  const inheriting = Object.assign(Object.create({ a: 1 }), { b: 1 });
  const one = sampler('one', (sink, call) => sink.put(COUNTER, 1, call === 1 ? { a: 1 } : inheriting));
  const { collector: it } = collector([one]);
  await it.collect();
  t.is(points(await it.collect(), 'one', COUNTER.name).length, 2);
});

test('a value of undefined is no attribute', async (t) => {
  const one = sampler('one', (sink) => sink.put(COUNTER, 1, { a: 1, b: undefined } as never));
  t.deepEqual(points(await collector([one]).collector.collect(), 'one', COUNTER.name)[0]!.attributes, { a: 1 });
});

test('series found in another order, or with keys in another order, are the same series', async (t) => {
  const one = sampler('one', (sink, call) => {
    const sets: Attributes[] = [{ a: 1, b: 2 }, { b: 3, a: 1 }, {}, { a: true }];
    for (const set of call % 2 === 0 ? sets.reverse() : sets) sink.put(COUNTER, call, set);
  });
  const { collector: it } = collector([one]);
  for (let i = 0; i < 4; i++) await it.collect();
  const found = points(await it.collect(), 'one', COUNTER.name);
  t.deepEqual(
    found.map(({ value }) => value),
    [5, 5, 5, 5],
  );
});

test('a reset dates from the last put before it, also when the clock went back', async (t) => {
  let now = 5000;
  const values = [5, 9, 3, 4, 1];
  const one = sampler('one', (sink, call) => sink.put(COUNTER, values[call - 1]!));
  const { collector: it } = collector([one], { now: () => now, processStart: 1000 });
  const starts: number[] = [];
  for (const next of [6000, 7000, 8000, 900, 0]) {
    starts.push(points(await it.collect(), 'one', COUNTER.name)[0]!.startTime);
    now = next;
  }
  t.deepEqual(starts, [1000, 1000, 6000, 6000, 8000]);
});

test('hostile promises end as errors, timeouts or successes, and none ends the process', async (t) => {
  const hostile = (name: string, returned: unknown) => sampler(name, () => returned);
  const thenable = (then: unknown): object => Object.defineProperty({}, 'then', { value: then });
  const itself: object = thenable((resolve: (value: unknown) => void) => resolve(itself));
  const { collector: it } = collector([
    hostile('itself', itself),
    hostile(
      'async',
      thenable(async () => fail()),
    ),
    hostile(
      'throws',
      thenable(() => fail()),
    ),
    hostile('null', Promise.reject(null)),
    hostile(
      'never',
      thenable(() => undefined),
    ),
    hostile(
      'function',
      Object.assign(() => undefined, thenable(undefined)),
    ),
  ]);
  const result = await it.collect();
  const errors = ['itself', 'async', 'throws', 'null', 'never', 'function'].map((name) => own(result, 'errors', name));
  t.deepEqual(errors, [0, 1, 1, 1, 0, 0]);
  t.is(own(result, 'timeouts', 'never'), 1);
});

test('start and stop that are async and reject are errors, not unhandled rejections', async (t) => {
  const one = sampler('one', () => undefined, { start: async () => fail() });
  const two = sampler('two', () => undefined, { start: () => async () => fail() });
  const { collector: it, samplers, warnings } = collector([one, two]);
  await it.collect();
  samplers.delete(two);
  const result = await it.collect();
  t.is(own(result, 'errors', 'one'), 1);
  await sleep(1);
  t.is(warnings.length, 2);
});

test('nobody times out because another blocks the loop', async (t) => {
  const innocent = sampler('innocent', async (sink) => {
    await sleep(1);
    sink.put(COUNTER, 1);
  });
  const blocker = sampler('blocker', async () => {
    await sleep(0);
    blockFor(200);
  });
  const result = await collector([innocent, blocker, sampler('sync', () => blockFor(150))]).collector.collect();
  t.is(own(result, 'timeouts', 'innocent'), 0);
  t.is(value(result, 'innocent', COUNTER.name), 1);
});

test('close during a round ends it, aborts the signals and stops everybody once', async (t) => {
  let stops = 0;
  let signal: AbortSignal | undefined;
  const hanging = sampler(
    'hanging',
    (_sink, _call, context) => {
      signal = context.signal;
      return never();
    },
    { start: () => () => void stops++ },
  );
  const { collector: it } = collector([hanging], { timeout: 60_000 });
  const round = it.collect();
  await sleep(1);
  it.close();
  it.close();
  t.deepEqual(await round, []);
  t.true(signal!.aborted);
  t.is(stops, 1);
  t.deepEqual(await it.collect(), []);
  t.is(hanging.calls, 1);
});

test('a sampler that closes the collector from within is the last to be asked', async (t) => {
  const last = sampler('last', () => undefined);
  const { collector: it } = collector([sampler('closer', () => it.close()), last]);
  t.deepEqual(await it.collect(), []);
  t.is(last.calls, 0);
});

test('a sampler that left is started anew when it comes back', async (t) => {
  const log: string[] = [];
  const one = sampler('one', () => log.push('sample') && undefined, {
    start: () => {
      log.push('start');
      return () => void log.push('stop');
    },
  });
  const { collector: it, samplers } = collector([one]);
  await it.collect();
  samplers.delete(one);
  await it.collect();
  samplers.add(one);
  await it.collect();
  t.deepEqual(log, ['start', 'sample', 'stop', 'start', 'sample']);
});

test('two collectors of one set do not disturb each other', async (t) => {
  let starts = 0;
  const one = sampler('one', (sink) => sink.put(COUNTER, 7), { start: () => void starts++ });
  const { collector: first, samplers } = collector([one]);
  const second = new Collector({ samplers, consumer: 'other' });
  const [a, b] = await Promise.all([first.collect(), second.collect()]);
  t.is(value(a, 'one', COUNTER.name), 7);
  t.is(value(b, 'one', COUNTER.name), 7);
  t.is(starts, 2);
});

test.serial('fake timers neither stop a collector nor hold its timers', async (t) => {
  const { default: sinon } = await import('sinon' as string);
  const hanging = sampler('hanging', () => never());
  const { collector: it } = collector([hanging], { processStart: 1 });
  const clock = sinon.useFakeTimers();
  try {
    const result = await it.collect();
    t.is(own(result, 'timeouts', 'hanging'), 1);
    t.is(clock.countTimers(), 0);
    const duration = own(result, 'duration', 'hanging') as HistogramPoint;
    t.true(duration.sum > 0.04, 'its clocks are real, too');
  } finally {
    clock.restore();
  }
});

test('a round in progress does not keep the process alive', async (t) => {
  const url = JSON.stringify(new URL('../../src/sampler/collect.js', import.meta.url).href);
  const script = `import { Collector } from ${url};
const never = { scope: { name: 'never' }, sample: () => new Promise(() => {}) };
void new Collector({ samplers: [never], timeout: 600_000 }).collect();`;
  const { stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
    timeout: 30_000,
  });
  t.is(stderr, '');
});
