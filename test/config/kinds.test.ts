import test from 'ava';
import { SETTINGS } from '../../src/config/settings.ts';
import { parse } from '../../src/config.ts';
import { at, fromAny, fromEnv, settings } from './given.ts';

test('numbers are plain decimal digits within their range', (t) => {
  const numbers = settings.filter(([, { fallback }]) => typeof fallback === 'number');
  t.is(numbers.length, 7);
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
  const ranges = {
    exportInterval: [100, 86_400_000],
    exitFlush: [0, 10_000],
    samplerTimeout: [10, 60_000],
    seriesLimit: [1, 100_000],
  };
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

test('adapters: known, none and unknown names', (t) => {
  const cases: [string, string[], number][] = [
    ['prometheus', ['prometheus'], 0],
    [' Prometheus , prometheus,', ['prometheus'], 0],
    ['none', [], 0],
    ['NONE', [], 0],
    ['otlp', ['otlp'], 0],
    ['otlp,Graphite,pushgateway', ['otlp', 'graphite', 'pushgateway'], 0],
    ['otlp,promethues', ['otlp'], 1],
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
