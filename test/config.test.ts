import { readFileSync } from 'node:fs';
import test from 'ava';
import { ADAPTER_VARIABLES, PASSED_OPTIONS } from '../src/config/adapters.ts';
import { say } from '../src/config/kinds.ts';
import { parse } from '../src/config.ts';
import { at, fromAny, fromEnv, plain, settings } from './config/given.ts';

test('nothing given, nothing wrong: the defaults', (t) => {
  const { config, problems } = parse();
  t.deepEqual(problems, []);
  t.deepEqual(plain(config), {
    enabled: true,
    serviceName: 'unknown_service:node',
    resource: {},
    adapters: ['prometheus'],
    prometheus: { host: '127.0.0.1', port: 9464, hostIsDefault: true },
    graphite: {},
    otlp: {},
    pushgateway: {},
    exportInterval: 60_000,
    exitFlush: 500,
    queueHeaders: ['x-request-start', 'x-queue-start'],
    ignoreRoutes: [],
    bounds: {},
    bridges: [],
    samplerTimeout: 1000,
    seriesLimit: 2000,
    stallThreshold: 500,
    stallStacks: true,
    slowRequest: 10_000,
    token: '',
    aggregate: 'sum',
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
  const ofAdapters = Object.entries(ADAPTER_VARIABLES).map(([name, meaning]) => `| \`${name}\` | ${meaning} |`);
  t.deepEqual(rows, [...expected, ...ofAdapters]);
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
  const count = settings.length + PASSED_OPTIONS.length;
  t.is(options.match(/@default/g)?.length, count);
  t.is(options.match(/@example/g)?.length, count);
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
