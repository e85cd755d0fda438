import test from 'ava';
import { register } from '../../src/sampler/registry.ts';
import { SAMPLERS, type Sampler, samplerSet } from '../../src/sampler/sampler.ts';

const sampler = (): Sampler => ({ scope: { name: 'test' }, sample() {} });

test('a registered sampler is in the set on globalThis until it is unregistered', (t) => {
  const one = sampler();
  const unregister = register(one);
  t.true((globalThis as { [SAMPLERS]?: Set<Sampler> })[Symbol.for('metric-samplers.v1') as typeof SAMPLERS]?.has(one));
  unregister();
  t.false(samplerSet().has(one));
});

test('the same object registered twice leaves with its last registration, and each counts once', (t) => {
  const one = sampler();
  const first = register(one);
  const second = register(one);
  first();
  first();
  t.true(samplerSet().has(one));
  second();
  t.false(samplerSet().has(one));
  const third = register(one);
  first();
  second();
  t.true(samplerSet().has(one));
  third();
  t.false(samplerSet().has(one));
});

test('what a library added itself stays after unregistering', (t) => {
  const one = sampler();
  samplerSet().add(one);
  register(one)();
  t.true(samplerSet().has(one));
  samplerSet().delete(one);
});

test('an unregister from before the sampler was deleted does not take out a later registration', (t) => {
  const one = sampler();
  const old = register(one);
  samplerSet().delete(one);
  const fresh = register(one);
  old();
  t.true(samplerSet().has(one));
  fresh();
  t.false(samplerSet().has(one));
});

test('two copies of the package count together', async (t) => {
  const copy: { register: typeof register } = await import(
    new URL('../../src/sampler/registry.js?copy', import.meta.url).href
  );
  t.not(copy.register, register);
  const one = sampler();
  const here = register(one);
  const there = copy.register(one);
  here();
  t.true(samplerSet().has(one));
  there();
  t.false(samplerSet().has(one));
});

test('what is no sampler does not throw, and can be taken out again', (t) => {
  for (const garbage of [null, undefined, 7, 'text', {}]) {
    const unregister = register(garbage as unknown as Sampler);
    t.true(samplerSet().has(garbage as unknown as Sampler));
    unregister();
    t.false(samplerSet().has(garbage as unknown as Sampler));
  }
});

test.serial('a set that somebody replaced makes nothing throw', (t) => {
  const holder = globalThis as { [SAMPLERS]?: unknown };
  const one = sampler();
  const before = register(one);
  const real = holder[SAMPLERS];
  t.teardown(() => {
    holder[SAMPLERS] = real;
  });
  holder[SAMPLERS] = {};
  t.notThrows(() => register(sampler())());
  t.notThrows(before);
});
