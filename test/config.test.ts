import { readFileSync } from 'node:fs';
import test from 'ava';
import { say } from '../src/config/kinds.ts';
import { PLANNED } from '../src/config/names.ts';
import { type OptionPath, SETTINGS, type Setting } from '../src/config/settings.ts';
import { type Config, type Environment, type Options, parse } from '../src/config.ts';

const settings = Object.entries(SETTINGS) as [OptionPath, Setting<unknown>][];

/** The configuration of an environment in which nothing is wrong. */
function fromEnv(env: Environment): Config {
  const { config, problems } = parse({}, env);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return config;
}

/** What options of any type come to. */
function fromAny(options: unknown, env: Environment = {}) {
  return parse(options as Options, env);
}

/** A value as plain objects, so that a missing prototype makes no difference. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function at(config: Config, path: string): unknown {
  return path.split('.').reduce((owner, key) => (owner as Record<string, unknown>)[key], config as unknown);
}

test('nothing given, nothing wrong: the defaults', (t) => {
  const { config, problems } = parse();
  t.deepEqual(problems, []);
  t.deepEqual(plain(config), {
    enabled: true,
    serviceName: 'unknown_service:node',
    resource: {},
    adapters: ['prometheus'],
    prometheus: { host: '127.0.0.1', port: 9464, hostIsDefault: true },
    exportInterval: 60_000,
    queueHeaders: ['x-request-start', 'x-queue-start'],
    ignoreRoutes: [],
    bounds: {},
    samplerTimeout: 1000,
    seriesLimit: 2000,
    log: 'info',
  });
});

test('docs/configuration.md lists exactly the settings of the code', (t) => {
  const docs = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
  const rows = docs.split('\n').filter((line) => line.startsWith('| `'));
  const expected = settings.map(
    ([path, { env, fallback, kind, example }]) =>
      `| \`${env}\` | \`${path}\` | \`${say(fallback)}\` | ${kind.allowed} | \`${example}\` |`,
  );
  t.deepEqual(rows, expected);
});

test('every documented example is accepted and makes a difference', (t) => {
  for (const [path, { env, example }] of settings) {
    const config = fromEnv({ [env]: example });
    t.notDeepEqual(plain(at(config, path)), plain(at(parse().config, path)), path);
  }
});

test('every option docstring states its default and an example', (t) => {
  const source = readFileSync(new URL('../../src/config.ts', import.meta.url), 'utf8');
  const options = source.slice(source.indexOf('export interface Options'), source.indexOf('/** The resolved'));
  t.is(options.match(/@default/g)?.length, settings.length);
  t.is(options.match(/@example/g)?.length, settings.length);
  for (const [, { env }] of settings) t.true(options.includes(env), env);
});

test('each variable that is empty or blank counts as unset, and empty queue headers are off', (t) => {
  const { LOADLINE_QUEUE_HEADERS: _, ...others } = Object.fromEntries(settings.map(([, { env }]) => [env, '']));
  t.deepEqual(fromEnv(others), parse().config);
  for (const name of Object.keys(others)) t.deepEqual(fromEnv({ [name]: ' \t\n' }), parse().config, name);
  t.deepEqual(fromEnv({ LOADLINE_QUEUE_HEADERS: '' }).queueHeaders, []);
  t.deepEqual(fromEnv({ LOADLINE_QUEUE_HEADERS: ' ' }).queueHeaders, []);
  t.deepEqual(fromEnv({ LOADLINE_QUEUE_HEADERS: undefined }).queueHeaders, parse().config.queueHeaders);
});

test('numbers are plain decimal digits within their range', (t) => {
  const numbers = settings.filter(([, { fallback }]) => typeof fallback === 'number');
  t.is(numbers.length, 4);
  const bad = ['10s', '1e3', '0x10', '-1', '+500', 'NaN', 'Infinity', '9'.repeat(400), '1.5', '1_000', '1,000', '٣'];
  for (const [path, { env, fallback }] of numbers) {
    for (const text of bad) {
      const { config, problems } = parse({}, { [env]: text });
      t.is(at(config, path), fallback, text);
      t.is(problems.length, 1, text);
      t.true(problems[0]!.startsWith(`${env} is "${text.slice(0, 80)}`), problems[0]);
      t.regex(problems[0]!, new RegExp(`must be a whole number .*from \\d+ to \\d+; used instead: ${fallback} \\[`));
      t.true(problems[0]!.length < 400);
    }
    for (const value of ['500', null, Number.NaN, Number.POSITIVE_INFINITY, -1, 100.5, 2 ** 53, 500n, [500], {}]) {
      const options = path === 'prometheus.port' ? { prometheus: { port: value } } : { [path]: value };
      const { config, problems } = fromAny(options);
      t.is(at(config, path), fallback);
      t.is(problems.length, 1, String(value));
    }
  }
});

test('numbers are accepted at both ends of their range and refused beyond', (t) => {
  const ranges = { exportInterval: [100, 86_400_000], samplerTimeout: [10, 60_000], seriesLimit: [1, 100_000] };
  for (const [path, [low, high]] of Object.entries(ranges) as ['exportInterval', [number, number]][]) {
    const { env, fallback } = SETTINGS[path];
    for (const value of [low, high]) {
      t.is(fromEnv({ [env]: ` ${value} ` })[path], value);
      t.deepEqual(parse({ [path]: value }).problems, []);
      t.is(parse({ [path]: value }).config[path], value);
    }
    for (const value of [low - 1, high + 1]) {
      t.is(parse({ [path]: value }, {}).config[path], fallback);
      t.is(parse({}, { [env]: `${value}` }).config[path], fallback);
    }
  }
  t.is(fromEnv({ OTEL_EXPORTER_PROMETHEUS_PORT: '0' }).prometheus.port, 0);
  t.is(fromEnv({ OTEL_EXPORTER_PROMETHEUS_PORT: '65535' }).prometheus.port, 65_535);
  t.is(parse({}, { OTEL_EXPORTER_PROMETHEUS_PORT: '65536' }).config.prometheus.port, 9464);
  t.true(Object.is(parse({ prometheus: { port: -0 } }).config.prometheus.port, 0));
});

test('OTEL_SDK_DISABLED: only "true" in any case is true, only "false" is the other, the rest is a problem', (t) => {
  for (const text of ['true', 'TRUE', 'True', ' true ']) t.false(fromEnv({ OTEL_SDK_DISABLED: text }).enabled);
  for (const text of ['false', 'FALSE']) t.true(fromEnv({ OTEL_SDK_DISABLED: text }).enabled);
  for (const text of ['1', 'yes', 'on', '0', 'tru']) {
    const { config, problems } = parse({}, { OTEL_SDK_DISABLED: text });
    t.true(config.enabled);
    t.regex(problems.join(), /^OTEL_SDK_DISABLED is ".+": it must be true or false; used instead: the agent runs \[/);
  }
  t.true(parse({ enabled: true }, { OTEL_SDK_DISABLED: 'true' }).config.enabled);
  t.is(fromAny({ enabled: 'false' }).problems.length, 1);
});

test('options win over the environment, and a bad one leaves the word to it', (t) => {
  const env = { OTEL_EXPORTER_PROMETHEUS_PORT: '9100', LOADLINE_LOG: 'WARN' };
  t.is(parse({ prometheus: { port: 1 }, log: 'silent' }, env).config.prometheus.port, 1);
  t.is(parse({ log: 'silent' }, env).config.log, 'silent');
  const { config, problems } = fromAny({ prometheus: { port: '1' }, log: 'loud' }, env);
  t.is(config.prometheus.port, 9100);
  t.is(config.log, 'warn');
  t.is(problems.length, 2);
  t.regex(problems[0]!, /^option prometheus\.port is "1": .*; used instead: 9100 /);
  t.regex(problems[1]!, /^option log is "loud": it must be one of info, warn, silent; used instead: warn /);
});

test('a bad variable is reported even where a good option wins', (t) => {
  const { config, problems } = parse({ seriesLimit: 5 }, { LOADLINE_SERIES_LIMIT: 'many' });
  t.is(config.seriesLimit, 5);
  t.regex(problems.join(), /^LOADLINE_SERIES_LIMIT is "many": .* used instead: 5 /);
});

test('undefined options count as unset', (t) => {
  const options = { log: undefined, prometheus: undefined, resource: undefined, queueHeaders: undefined };
  t.deepEqual(parse(options, {}), parse());
});

test('the service name comes from the option, its variable, the resource, or is unknown', (t) => {
  const env = { OTEL_SERVICE_NAME: 'b', OTEL_RESOURCE_ATTRIBUTES: 'service.name=d,x=y' };
  const resource = { 'service.name': 'c' };
  t.is(parse({ serviceName: 'a', resource }, env).config.serviceName, 'a');
  t.is(parse({ resource }, env).config.serviceName, 'b');
  t.is(parse({ resource }, { ...env, OTEL_SERVICE_NAME: '' }).config.serviceName, 'c');
  t.is(parse({}, { ...env, OTEL_SERVICE_NAME: '' }).config.serviceName, 'd');
  t.is(parse({}, { OTEL_RESOURCE_ATTRIBUTES: 'service.name=' }).config.serviceName, 'unknown_service:node');
  t.is(parse({ resource: { 'service.name': 7 } }).config.serviceName, '7');
  t.deepEqual(plain(parse({ resource }, env).config.resource), { x: 'y' });
  for (const serviceName of ['', '  ', 5, null]) t.is(fromAny({ serviceName }).problems.length, 1);
});

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

test('adapters: known, none, reserved and unknown names', (t) => {
  const cases: [string, string[], number][] = [
    ['prometheus', ['prometheus'], 0],
    [' Prometheus , prometheus,', ['prometheus'], 0],
    ['none', [], 0],
    ['NONE', [], 0],
    ['otlp', [], 1],
    ['otlp,graphite', [], 1],
    ['otlp,prometheus', ['prometheus'], 1],
    ['otlp,promethues', [], 2],
    ['promethues', ['prometheus'], 1],
    ['prometheus,console', ['prometheus'], 1],
    ['none,prometheus', [], 1],
    [',', ['prometheus'], 1],
  ];
  for (const [text, adapters, count] of cases) {
    const { config, problems } = parse({}, { OTEL_METRICS_EXPORTER: text });
    t.deepEqual(config.adapters, adapters as never, text);
    t.is(problems.length, count, text);
    t.true(Object.isFrozen(config.adapters), text);
  }
  t.deepEqual(parse({ adapters: [] }, { OTEL_METRICS_EXPORTER: 'prometheus' }).config.adapters, []);
  t.regex(
    parse({}, { OTEL_METRICS_EXPORTER: 'otlp' }).problems.join(),
    /^OTEL_METRICS_EXPORTER names otlp, which is not in this version: prometheus is; used instead: none \[ERR_/,
  );
  for (const adapters of ['prometheus', null, {}, [null], [['prometheus']], [{}], new Array(2000)]) {
    const { config, problems } = fromAny({ adapters });
    t.deepEqual(config.adapters, ['prometheus']);
    t.is(problems.length, 1);
  }
});

test('the host is a name or an address, and it is known whether somebody chose it', (t) => {
  for (const host of [
    '0.0.0.0',
    '127.0.0.1',
    '::',
    '::1',
    'fe80::1%eth0',
    'localhost',
    'my-host.example',
    'a_b',
    '1a',
  ]) {
    const { config, problems } = parse({}, { OTEL_EXPORTER_PROMETHEUS_HOST: host });
    t.deepEqual(problems, []);
    t.like(config.prometheus, { host, hostIsDefault: false });
  }
  const bad = ['[::1]', '127.0.0.1:9464', 'http://x', 'a b', '256.1.1.1', '1.2.3', '-a', 'a..b', '.', 'x'.repeat(300)];
  for (const host of bad) {
    const { config, problems } = parse({ prometheus: { host } });
    t.like(config.prometheus, { host: '127.0.0.1', hostIsDefault: true }, host);
    t.is(problems.length, 1, host);
  }
});

test('queue headers are lower-cased header names, each once', (t) => {
  t.deepEqual(fromEnv({ LOADLINE_QUEUE_HEADERS: 'X-Start, x-start,X-Other,' }).queueHeaders, ['x-start', 'x-other']);
  t.deepEqual(parse({ queueHeaders: [] }).config.queueHeaders, []);
  const { config, problems } = parse({}, { LOADLINE_QUEUE_HEADERS: 'x y,ok,a:b,ü' });
  t.deepEqual(config.queueHeaders, ['ok']);
  t.regex(problems.join(), /^LOADLINE_QUEUE_HEADERS is "x y", "a:b", "ü": it must be .*; used instead: ok \[/);
  t.deepEqual(parse({}, { LOADLINE_QUEUE_HEADERS: 'x y' }).config.queueHeaders, parse().config.queueHeaders);
  t.deepEqual(parse({}, { LOADLINE_QUEUE_HEADERS: ',' }).config.queueHeaders, parse().config.queueHeaders);
});

test('ignored routes begin with a slash', (t) => {
  t.deepEqual(fromEnv({ LOADLINE_IGNORE_ROUTES: '/health, /a/:id ,/x/*,/,/*' }).ignoreRoutes, [
    '/health',
    '/a/:id',
    '/x/*',
    '/',
    '/*',
  ]);
  const { config, problems } = fromAny({ ignoreRoutes: ['health', '/ok', '/a b', 5, null, '*'] });
  t.deepEqual(config.ignoreRoutes, ['/ok']);
  t.regex(problems.join(), /^option ignoreRoutes is "health", "\/a b", 5 and 2 more: /);
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

test('a planned variable is said to come later', (t) => {
  for (const name of PLANNED) t.regex(parse({}, { [name]: '1' }).problems.join(), /a later version will have it/);
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

test('the configuration is frozen all the way down, survives a structured clone, and shares nothing', (t) => {
  const options = { resource: { a: 1 }, bounds: { a: [1] }, queueHeaders: ['x'], adapters: ['prometheus' as const] };
  for (const { config, problems } of [parse(options), parse(), parse({}, { OTEL_METRICS_EXPORTER: 'none' })]) {
    t.true(Object.isFrozen(config) && Object.isFrozen(problems));
    for (const value of Object.values(config)) t.true(Object.isFrozen(value));
    for (const value of Object.values(config.bounds)) t.true(Object.isFrozen(value));
    t.deepEqual(plain(structuredClone(config)), plain(config));
  }
  t.false(
    Object.isFrozen(options.resource) || Object.isFrozen(options.bounds.a) || Object.isFrozen(options.queueHeaders),
  );
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

test('all problems come at once, each with what was found, what is allowed and what was taken', (t) => {
  const env = Object.fromEntries(settings.map(([, { env }]) => [env, '\u0000, =']));
  const { problems, config } = parse({}, env);
  // Any text is a service name.
  t.is(problems.length, settings.length - 1);
  for (const problem of problems) t.regex(problem, /^[A-Z_]+ is .+: it must be .+; used instead: .+ \[ERR_LOADLINE_/);
  t.deepEqual(plain({ ...config, serviceName: '' }), plain({ ...parse().config, serviceName: '' }));
});

test('parse is pure: the same input gives the same result, and the input stays as it was', (t) => {
  const env = Object.freeze({ LOADLINE_LOG: 'x', OTEL_SERVICE_NAME: 's' });
  const options = Object.freeze({ bounds: Object.freeze({ a: Object.freeze([2, 1]) }) });
  t.deepEqual(parse(options, env), parse(options, env));
});
