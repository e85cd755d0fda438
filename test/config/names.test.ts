import test from 'ava';
import { parse } from '../../src/config.ts';
import { fromAny, plain, settings } from './given.ts';

test('an unknown option names the nearest known one', (t) => {
  const nearest = { serviceNam: 'serviceName', port: 'prometheus.port', Log: 'log', ignoredRoutes: 'ignoreRoutes' };
  for (const [name, known] of Object.entries(nearest)) {
    t.deepEqual(fromAny({ [name]: 1 }).problems, [
      `option ${name} is not a setting of this version: remove or correct it; ` +
        `the nearest known one is ${known} [ERR_LOADLINE_CONFIG_NAME]`,
    ]);
  }
  t.regex(fromAny({ prometheus: { hots: 'x' } }).problems.join(), /^option prometheus\.hots .* is prometheus\.host /);
  t.is(fromAny({ 'prometheus.port': 1 }).config.prometheus.port, 9464);
  t.is(fromAny({ 'prometheus.port': 1 }).problems.length, 1);
});

test('an unknown LOADLINE_ variable names the nearest known one, and others are none of our business', (t) => {
  const nearest = {
    LOADLINE_LOGS: 'LOADLINE_LOG',
    LOADLINE_SERVICE_NAME: 'OTEL_SERVICE_NAME',
    LOADLINE_PORT: 'OTEL_EXPORTER_PROMETHEUS_PORT',
    LOADLINE_: 'LOADLINE_LOG',
    LOADLINE_IGNORED_ROUTE: 'LOADLINE_IGNORE_ROUTES',
  };
  for (const [name, known] of Object.entries(nearest)) {
    const { problems } = parse({}, { [name]: '1' });
    t.is(problems.length, 1, name);
    t.true(problems[0]!.includes(`the nearest known one is ${known} [`), problems[0]);
  }
  t.deepEqual(parse({}, { OTEL_LOGS_EXPORTER: 'x', PATH: 'y', loadline_log: 'z', MY_LOADLINE_X: '1' }).problems, []);
});

test('what Kubernetes sets for a service called loadline is left alone', (t) => {
  const env = {
    LOADLINE_SERVICE_HOST: '10.0.0.11',
    LOADLINE_SERVICE_PORT: '80',
    LOADLINE_SERVICE_PORT_HTTP: '80',
    LOADLINE_PORT: 'tcp://10.0.0.11:80',
    LOADLINE_PORT_80_TCP: 'tcp://10.0.0.11:80',
    LOADLINE_PORT_80_TCP_PROTO: 'tcp',
    LOADLINE_PORT_80_TCP_ADDR: '10.0.0.11',
    LOADLINE_DEMO_SERVICE_HOST: '10.0.0.12',
    LOADLINE_DEMO_PORT: 'udp://10.0.0.12:53',
  };
  t.deepEqual(parse({}, env).problems, []);
});

test('thousands of unknown names give a bounded number of bounded lines', (t) => {
  const names = Array.from({ length: 5000 }, (_, i) => [`LOADLINE_${'X'.repeat(1000)}${i}`, '1']);
  const { problems } = parse({}, Object.fromEntries(names));
  t.is(problems.length, 11);
  t.regex(problems[10]!, /^each of 4990 more names is not a setting/);
  for (const problem of problems) t.true(problem.length < 1000);
});

/** Values that break careless code. */
function hostileValues(): unknown[] {
  const circular: unknown[] = [];
  circular.push(circular);
  const endless = Object.assign(['/a'], {
    *[Symbol.iterator]() {
      for (;;) yield '/b';
    },
  });
  const revoked = Proxy.revocable({}, {});
  const revokedList = Proxy.revocable([], {});
  revoked.revoke();
  revokedList.revoke();
  const trap = () => {
    throw new Error('trap');
  };
  const traps = { get: trap, has: trap, ownKeys: trap, getPrototypeOf: trap, getOwnPropertyDescriptor: trap };
  return [
    ...[null, 0, -1, Number.NaN, 1n, '', 'x', true, Symbol('s'), () => 1, class {}, [], [[]], circular, endless],
    ...[new Array(2 ** 32 - 1), new Map(), new Date(), Promise.resolve(), Object.create(null), /x/, new Uint8Array(9)],
    ...[revoked.proxy, revokedList.proxy, new Proxy({}, traps), new Proxy([], traps)],
    ...Object.entries(traps).map(([name, each]) => new Proxy({}, { [name]: each })),
    { toString: trap, valueOf: trap, [Symbol.toPrimitive]: trap, toJSON: trap },
    Object.defineProperty({}, Symbol.toStringTag, { get: trap }),
    Object.defineProperty({}, 'x', { get: trap, enumerable: true }),
    Object.defineProperty([1], '0', { get: trap, enumerable: true }),
  ];
}

test('whatever is passed for an option, parse returns a complete configuration', (t) => {
  const defaults = Object.keys(parse().config);
  const tried = [...new Set([...settings.map(([path]) => path), 'prometheus'])];
  for (const value of hostileValues()) {
    for (const path of tried) {
      const [group, leaf] = path.split('.');
      const { config, problems } = fromAny({ [group!]: leaf === undefined ? value : { [leaf]: value } });
      t.deepEqual(Object.keys(config), defaults);
      t.true(problems.length <= 3, path);
      for (const problem of problems) t.true(problem.length < 1000);
      t.notThrows(() => structuredClone(config));
    }
  }
});

test('whatever is passed as the options or the environment, parse returns the defaults', (t) => {
  for (const value of hostileValues()) {
    t.deepEqual(plain(fromAny(value).config), plain(parse().config));
    t.deepEqual(plain(parse({}, value as never).config), plain(parse().config));
  }
  for (const value of [null, 5, 'x', [], () => 1, Promise.resolve({}), new Map()]) {
    const { problems } = fromAny(value);
    t.is(problems.length, 1);
    t.regex(problems[0]!, /^the options is .*: it must be an object; used instead: /);
  }
  t.deepEqual(parse({}, { LOADLINE_LOG: 5 } as never).config.log, 'info');
});

test('a million unknown options are counted', (t) => {
  const options = Object.fromEntries(Array.from({ length: 1e6 }, (_, i) => [`x${i}`, 1]));
  t.regex(fromAny(options).problems.at(-1)!, /^each of 999990 more names/);
});

test('a getter that throws costs its own option only, and each getter is asked once', (t) => {
  let asked = 0;
  const options = {
    get log(): 'warn' {
      throw new Error('boom');
    },
    get seriesLimit() {
      asked++;
      return 7;
    },
    get prometheus(): { port: number } {
      asked++;
      return { port: 1 };
    },
  };
  const { config, problems } = parse(options);
  t.is(asked, 2);
  t.like(config, { log: 'info', seriesLimit: 7 });
  t.is(config.prometheus.port, 1);
  t.deepEqual(problems, [
    'option log is unreadable (boom): it must be one of info, warn, silent; used instead: info [ERR_LOADLINE_CONFIG_VALUE]',
  ]);
});

test('options of a class with getters are read like any others', (t) => {
  class Mine {
    get serviceName() {
      return 'classy';
    }
  }
  t.is(fromAny(new Mine()).config.serviceName, 'classy');
});
