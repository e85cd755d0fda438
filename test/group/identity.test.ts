import test from 'ava';
import { type Environment, type Options, parse } from '../../src/config.ts';
import { groupName } from '../../src/group/identity.ts';

const named = (options: Options, env: Environment = {}, main = '/srv/app.js') =>
  groupName(parse(options, env).config, main, env);

test('Processes of one service with the same destinations belong together', (t) => {
  t.is(named({ serviceName: 'shop' }), named({}, { OTEL_SERVICE_NAME: 'shop', PATH: '/bin' }, '/srv/worker.js'));
  t.is(named({}), named({ prometheus: { host: '127.0.0.1' } }));
  const push = { OTEL_METRICS_EXPORTER: 'pushgateway', LOADLINE_PUSHGATEWAY_URL: 'http://127.0.0.1:9091' };
  t.is(named({}, push), named({}, { ...push }));
});

test('Another service, script, endpoint or destination is another group', (t) => {
  const push = { OTEL_METRICS_EXPORTER: 'pushgateway', LOADLINE_PUSHGATEWAY_URL: 'http://127.0.0.1:9091' };
  const both = { ...push, OTEL_METRICS_EXPORTER: 'prometheus,pushgateway' };
  const otlp = { OTEL_METRICS_EXPORTER: 'otlp' };
  const names = [
    named({}),
    named({}, {}, '/srv/other.js'),
    named({ serviceName: 'shop' }),
    named({ prometheus: { port: 9465 } }),
    named({}, push),
    named({}, { ...push, LOADLINE_PUSHGATEWAY_URL: 'http://127.0.0.1:9092' }),
    named({}, { ...push, LOADLINE_PUSHGATEWAY_JOB: 'other' }),
    named({}, both),
    named({}, { ...both, LOADLINE_PUSHGATEWAY_URL: 'http://127.0.0.1:9092' }),
    named({}, otlp),
    named({}, { ...otlp, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }),
    named({ adapters: ['otlp'], otlp: { url: 'http://127.0.0.1:4318/v1/metrics' } }),
  ];
  t.is(new Set(names).size, names.length);
  t.false(names.includes(undefined));
});

test('A process with a port of its own, without a destination, or that nobody can name is on its own', (t) => {
  t.is(named({ prometheus: { port: 0 } }), undefined);
  t.is(named({ adapters: [] }), undefined);
  t.is(groupName(parse({}, {}).config, undefined, {}), undefined);
});
