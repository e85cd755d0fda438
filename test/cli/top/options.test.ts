import test from 'ava';
import { parseTop } from '../../../src/cli/top/options.ts';

function urlOf(argv: readonly string[], env: Record<string, string> = {}): string {
  const parsed = parseTop(argv, env);
  return 'problem' in parsed ? parsed.problem : parsed.options.url;
}

test('The address may be written in many ways', (t) => {
  const cases: [string, string][] = [
    ['http://10.0.0.7:9464', 'http://10.0.0.7:9464'],
    ['http://web1:9464/', 'http://web1:9464'],
    ['http://web1:9464/metrics', 'http://web1:9464'],
    ['https://web1', 'https://web1'],
    ['http://web1', 'http://web1:9464'],
    ['http://web1:80', 'http://web1'],
    ['web1:80', 'http://web1'],
    ['web1', 'http://web1:9464'],
    ['web1:8080', 'http://web1:8080'],
    [':8080', 'http://127.0.0.1:8080'],
    ['8080', 'http://127.0.0.1:8080'],
    ['[::1]:8080', 'http://[::1]:8080'],
  ];
  for (const [given, url] of cases) t.is(urlOf([given]), url, given);
});

test('What is no address is said', (t) => {
  for (const given of ['', 'a b', 'ftp://x', 'http://', 'http://x:99999', '99999999', 'x:y', '::1']) {
    t.regex(urlOf([given]), /is no address/, given);
  }
  t.regex(urlOf(['http://me:secret@web1']), /LOADLINE_TOKEN/);
  t.false(urlOf(['http://me:secret@web1']).includes('secret'));
});

test('Without one it is where the agent of this environment listens', (t) => {
  t.is(urlOf([]), 'http://127.0.0.1:9464');
  t.is(urlOf([], { OTEL_EXPORTER_PROMETHEUS_PORT: '9100' }), 'http://127.0.0.1:9100');
  t.is(urlOf([], { OTEL_EXPORTER_PROMETHEUS_HOST: '0.0.0.0' }), 'http://127.0.0.1:9464');
  t.is(urlOf([], { OTEL_EXPORTER_PROMETHEUS_HOST: '::' }), 'http://[::1]:9464');
  t.is(urlOf([], { OTEL_EXPORTER_PROMETHEUS_HOST: '::1' }), 'http://[::1]:9464');
  t.is(urlOf([], { OTEL_EXPORTER_PROMETHEUS_HOST: ' ', OTEL_EXPORTER_PROMETHEUS_PORT: '' }), 'http://127.0.0.1:9464');
  t.regex(urlOf([], { OTEL_EXPORTER_PROMETHEUS_PORT: '0' }), /give the address/);
  t.is(urlOf(['9100'], { OTEL_EXPORTER_PROMETHEUS_PORT: '0' }), 'http://127.0.0.1:9100');
});

test('Options, in any order', (t) => {
  const options = (argv: string[], env = {}) => {
    const parsed = parseTop(argv, env);
    return 'problem' in parsed ? parsed.problem : parsed.options;
  };
  const usual = { url: 'http://127.0.0.1:9464', token: '', interval: 1000, count: undefined, isJson: false };
  t.deepEqual(options([]), usual);
  t.deepEqual(options(['--once']), { ...usual, count: 1 });
  t.deepEqual(options(['-n', '3', '--interval=0.5', '--json']), { ...usual, count: 3, interval: 500, isJson: true });
  t.deepEqual(options(['--interval', '2', '8080']), { ...usual, interval: 2000, url: 'http://127.0.0.1:8080' });
  t.deepEqual(options([], { LOADLINE_TOKEN: ' c2VjcmV0LXRva2Vu ' }), { ...usual, token: 'c2VjcmV0LXRva2Vu' });
});

test('What cannot be understood is said, with what can', (t) => {
  const cases: [string[], RegExp][] = [
    [['--interval'], /seconds from 0\.2/],
    [['--interval', '0'], /seconds from 0\.2/],
    [['--interval', '1e3'], /seconds from 0\.2/],
    [['-n', '0'], /whole number/],
    [['-n', '1.5'], /whole number/],
    [['-n'], /whole number/],
    [['--frobnicate'], /no option "--frobnicate".*--once/],
    [['--constructor'], /no option/],
    [['a', 'b'], /one address/],
  ];
  for (const [argv, wanted] of cases) {
    const parsed = parseTop(argv, {});
    t.true('problem' in parsed, argv.join(' '));
    if ('problem' in parsed) t.regex(parsed.problem, wanted);
  }
});
