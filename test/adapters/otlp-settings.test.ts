import test from 'ava';
import { readSettings } from '../../adapters/otlp-settings.ts';

const MINUTE = 60_000;

test('without any setting it is http/protobuf, cumulative, with explicit buckets and 10 s', (t) => {
  t.deepEqual(readSettings({}, {}, MINUTE), {
    protocol: 'http/protobuf',
    url: undefined,
    temporality: 'cumulative',
    exponential: false,
    timeout: 10_000,
    problems: [],
  });
});

test('the variable for metrics wins over the general one, and a blank one counts as unset', (t) => {
  const environment = {
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: ' HTTP/JSON ',
    OTEL_EXPORTER_OTLP_TIMEOUT: '4000',
    OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: '3000',
  };
  t.like(readSettings({}, environment, MINUTE), { protocol: 'http/json', timeout: 3000 });
  const blank = { ...environment, OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: ' ', OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: '' };
  t.like(readSettings({}, blank, MINUTE), { protocol: 'grpc', timeout: 4000 });
});

test('delta and lowmemory are both deltas, in any case of letters', (t) => {
  for (const value of ['delta', 'Delta', 'LOWMEMORY']) {
    const environment = { OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: value };
    t.is(readSettings({}, environment, MINUTE).temporality, 'delta');
  }
});

test('a value that is not known is said with what is, and its default counts', (t) => {
  const environment = {
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/xml\n',
    OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'often',
    OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: 'linear',
  };
  const settings = readSettings({}, environment, MINUTE);
  t.like(settings, { protocol: 'http/protobuf', temporality: 'cumulative', exponential: false });
  t.is(settings.problems.length, 3);
  t.regex(settings.problems[0]!, /OTEL_EXPORTER_OTLP_PROTOCOL is "http\/xml\\n", not http\/protobuf, http\/json, grpc/);
});

test('an option wins over its variable', (t) => {
  const environment = { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_TIMEOUT: '4000' };
  const settings = readSettings({ protocol: 'http/json', timeout: 50, url: 'http://x/y' }, environment, MINUTE);
  t.like(settings, { protocol: 'http/json', timeout: 50, url: 'http://x/y' });
});

test('a delivery ends before its interval does, and a timeout that is no positive number is passed over', (t) => {
  t.is(readSettings({}, { OTEL_EXPORTER_OTLP_TIMEOUT: '5000' }, 1000).timeout, 900);
  for (const text of ['0', '-1', 'soon', 'Infinity', 'NaN']) {
    t.is(readSettings({}, { OTEL_EXPORTER_OTLP_TIMEOUT: text }, MINUTE).timeout, 10_000, text);
  }
});
