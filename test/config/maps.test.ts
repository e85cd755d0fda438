import test from 'ava';
import { parse } from '../../src/config.ts';
import { fromAny, fromEnv, plain } from './given.ts';

test('resource attributes are percent-decoded pairs', (t) => {
  const OTEL_RESOURCE_ATTRIBUTES = ' a = b , c%2Cd=%3D%20%E4%B8%96, empty= ,space=two words,,a=last,';
  t.deepEqual(plain(fromEnv({ OTEL_RESOURCE_ATTRIBUTES }).resource), {
    a: 'last',
    'c,d': '= 世',
    empty: '',
    space: 'two words',
  });
});

test('one bad pair discards all resource attributes of the environment, and only those', (t) => {
  for (const bad of ['novalue', '=v', 'a=%zz', '%E4=1', 'a=b=c', ' = ']) {
    const env = { OTEL_RESOURCE_ATTRIBUTES: `good=1,service.name=gone,${bad}` };
    const { config, problems } = parse({ resource: { mine: true } }, env);
    t.deepEqual(plain(config.resource), { mine: true }, bad);
    t.is(config.serviceName, 'unknown_service:node');
    t.is(problems.length, 1);
    t.true(problems[0]!.startsWith(`OTEL_RESOURCE_ATTRIBUTES is ${JSON.stringify(bad.trim())}`), problems[0]);
  }
});

test('both resources count, the option wins per key, and what cannot be an attribute is left out', (t) => {
  const resource = { a: 1, b: false, c: 'text', d: Number.NaN, e: null, f: {}, g: () => 1, '': 'x' };
  const { config, problems } = fromAny({ resource }, { OTEL_RESOURCE_ATTRIBUTES: 'a=env,z=env' });
  t.deepEqual(plain(config.resource), { a: 1, z: 'env', b: false, c: 'text' });
  t.is(problems.length, 1);
  t.regex(problems[0]!, /^option resource is "d" with NaN, "e" with null, "f" with an object and 2 more: /);
});

test('no key of a map is special', (t) => {
  const resource = fromEnv({ OTEL_RESOURCE_ATTRIBUTES: '__proto__=x,constructor=y' }).resource;
  t.deepEqual(Object.entries(resource), [
    ['__proto__', 'x'],
    ['constructor', 'y'],
  ]);
  t.is(Object.getPrototypeOf(resource), null);
  t.is(parse().config.bounds.toString, undefined as never);
  t.is(parse({}, { LOADLINE_BOUNDS: '__proto__=1' }).problems.length, 1);
  t.is(({} as Record<string, unknown>).x, undefined);
});

test('bounds are 1 to 64 ascending finite numbers per metric', (t) => {
  t.deepEqual(plain(fromEnv({ LOADLINE_BOUNDS: ' a.b = -1, 0 ,0.5 ; c=7;' }).bounds), { 'a.b': [-1, 0, 0.5], c: [7] });
  const many = (count: number) => Array.from({ length: count }, (_, i) => i).join(',');
  t.is(fromEnv({ LOADLINE_BOUNDS: `a=${many(64)}` }).bounds.a!.length, 64);
  const bad = [
    'a',
    'a=',
    '=1',
    'a=1,1',
    'a=2,1',
    'a=1e3',
    'a=0x1',
    'a=NaN',
    'a=1,,2',
    'a=1=2',
    '1a=1',
    `a=${many(65)}`,
  ];
  for (const text of [...bad, `a=${'9'.repeat(400)}`, 'a b=1', `${'m'.repeat(256)}=1`]) {
    const { config, problems } = parse({}, { LOADLINE_BOUNDS: `good=1;${text}` });
    t.deepEqual(plain(config.bounds), { good: [1] }, text);
    t.is(problems.length, 1, text);
    t.true(problems[0]!.startsWith(`LOADLINE_BOUNDS is ${JSON.stringify(text).slice(0, 50)}`), problems[0]);
  }
});

test('both sources of bounds count, and the option wins per metric and is copied', (t) => {
  const mine = [1, 2];
  const { config } = parse({ bounds: { a: mine } }, { LOADLINE_BOUNDS: 'a=5;b=6' });
  mine[0] = 99;
  t.deepEqual(plain(config.bounds), { a: [1, 2], b: [6] });
  for (const bounds of [
    { a: ['1'] },
    { a: [1n] },
    { a: 1 },
    { a: null },
    { a: new Array(1) },
    [],
    'a=1',
    new Map([['a', [1]]]),
  ]) {
    t.is(fromAny({ bounds }).problems.length, 1);
    t.deepEqual(plain(fromAny({ bounds }).config.bounds), {});
  }
});
