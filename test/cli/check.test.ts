import { createServer } from 'node:net';
import test from 'ava';
import {
  type CheckReport,
  collectReport,
  type Finding,
  formatCheck,
  isUsable,
  nodeVersion,
  type Parse,
} from '../../src/cli/check.ts';
import { CLI, loadline, start } from './command.ts';

const parse = (port: number, problems: string[] = [], adapters = ['prometheus'], host = '127.0.0.1', token = '') => {
  const config = { adapters, prometheus: { host, port, hostIsDefault: false }, serviceName: 'shop' };
  const rest = { graphite: {}, otlp: {}, pushgateway: {}, resource: {}, token };
  return () => ({ config: { ...config, ...rest }, problems }) as unknown as ReturnType<Parse>;
};

const finding = (report: CheckReport, what: string): Finding => report.findings.find((each) => each.what === what)!;

/** Runs `work` while a server of this process holds a port. */
async function withTakenPort(work: (port: number) => Promise<void>): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await work((server.address() as { port: number }).port).finally(() => server.close());
}

test('this machine can run the agent, and the report says what it found', async (t) => {
  const report = await collectReport({}, parse(0));
  t.true(isUsable(report), formatCheck(report));
  t.deepEqual(report.config, [
    ['adapters', '["prometheus"]'],
    ['prometheus.host', '"127.0.0.1"'],
    ['prometheus.port', '0'],
    ['prometheus.hostIsDefault', 'false'],
    ['serviceName', '"shop"'],
    ['graphite', '{}'],
    ['otlp', '{}'],
    ['pushgateway', '{}'],
    ['resource', '{}'],
    ['token', '""'],
  ]);
  for (const what of ['worker threads', 'http.server.request.start', 'tracing:net.server.listen:asyncEnd']) {
    t.is(finding(report, what).state, 'yes');
  }
});

test('a taken port is essential for the prometheus adapter only', async (t) => {
  await withTakenPort(async (port) => {
    const report = await collectReport({}, parse(port));
    t.false(isUsable(report));
    t.regex(finding(report, `port ${port}`).detail, /EADDRINUSE.*OTEL_EXPORTER_PROMETHEUS_PORT/);
    t.true(isUsable(await collectReport({}, parse(port, [], []))));
  });
});

test('a configuration problem makes the report unusable and is shown', async (t) => {
  const report = await collectReport({}, parse(0, ['X is bad']));
  t.false(isUsable(report));
  t.regex(formatCheck(report), /^ {2}problem: X is bad$/m);
  t.regex(formatCheck(report), /loadline cannot work here/);
});

test('the report is text in aligned columns that ends with its verdict', (t) => {
  const report: CheckReport = {
    config: [
      ['a', '1'],
      ['long.name', '"x"'],
    ],
    problems: [],
    findings: [
      { what: 'first', state: 'yes', essential: true, detail: 'fine' },
      { what: 'the second', state: 'no', essential: false, detail: 'no PSS' },
      { what: 'third', state: 'no', essential: true, detail: 'denied' },
    ],
  };
  t.is(
    formatCheck(report),
    [
      'configuration',
      '  a          1',
      '  long.name  "x"',
      'this machine',
      '  yes  first       fine',
      '  no   the second  no PSS',
      '  NO   third       denied',
      'loadline cannot work here as configured: see "problem" and "NO" above.',
      '',
    ].join('\n'),
  );
});

test('who may ask for paths and code is told, and the token is shown nowhere', async (t) => {
  const token = 'never-to-be-printed';
  const cases: [host: string, token: string, adapters: string[], state: 'yes' | 'no', detail: RegExp][] = [
    ['127.0.0.1', '', ['prometheus'], 'yes', /this machine only/],
    ['localhost', token, ['prometheus'], 'yes', /this machine only/],
    ['0.0.0.0', token, ['prometheus'], 'yes', /Bearer.*LOADLINE_TOKEN/],
    ['0.0.0.0', '', ['prometheus'], 'no', /0\.0\.0\.0: set LOADLINE_TOKEN/],
    ['127.0.0.1', token, ['otlp'], 'no', /no server/],
    ['no-such-host.invalid', token, ['prometheus'], 'no', /no-such-host/],
  ];
  for (const [host, given, adapters, state, detail] of cases) {
    const report = await collectReport({}, parse(0, [], adapters, host, given));
    const found = finding(report, '/findings, /requests');
    t.is(found.state, state, host);
    t.regex(found.detail, detail);
    t.false(formatCheck(report).includes(token));
    t.is(formatCheck(report).includes('set, not shown'), given !== '');
  }
});

test('loadline check never prints the token of the environment', async (t) => {
  const { stdout, stderr } = await loadline(['check'], { env: { LOADLINE_TOKEN: 'never-to-be-printed' } });
  t.regex(stdout.toString(), /token +"\(set, not shown\)"/);
  t.false(`${stdout}${stderr}`.includes('never-to-be'));
});

test('an empty report can be formatted', (t) => {
  const text = formatCheck({ config: [], problems: [], findings: [] });
  t.is(text, 'configuration\nthis machine\nloadline can work here.\n');
});

test('Node.js is supported from 20.19, 22.12 and 24 on, odd lines below 24 not', (t) => {
  for (const version of ['20.19.0', '20.20.2', '22.12.0', '22.99.1', '24.0.0', '25.1.0', '26.0.0']) {
    t.is(nodeVersion(version).state, 'yes', version);
  }
  for (const version of ['18.20.0', '20.18.9', '21.7.0', '22.11.0', '23.11.0', '', 'x']) {
    t.is(nodeVersion(version).state, 'no', version);
  }
});

test('loadline check prints the report and exits with 0', async (t) => {
  const { code, stdout, stderr } = await loadline(['check'], { env: { OTEL_SERVICE_NAME: 'my shop' } });
  t.is(code, 0, stdout.toString() + stderr);
  t.regex(stdout.toString(), /serviceName\s+"my shop"/);
  t.is(stderr.toString(), '');
});

test('loadline check exits with 1 on a bad setting and on a taken port', async (t) => {
  const bad = await loadline(['check'], { env: { OTEL_EXPORTER_PROMETHEUS_PORT: 'ninety' } });
  t.is(bad.code, 1);
  t.regex(bad.stdout.toString(), /problem: .*OTEL_EXPORTER_PROMETHEUS_PORT/);
  await withTakenPort(async (port) => {
    const taken = await loadline(['check'], { env: { OTEL_EXPORTER_PROMETHEUS_PORT: String(port) } });
    t.is(taken.code, 1);
    t.regex(taken.stdout.toString(), /NO {3}port \d+ +.*EADDRINUSE/);
  });
});

test('under the permission model the check says that worker threads are denied', async (t) => {
  const flag = Number(process.versions.node.split('.')[0]) >= 24 ? '--permission' : '--experimental-permission';
  const { code, stdout } = await start(
    process.execPath,
    [flag, '--allow-fs-read=*', '--allow-net', CLI, 'check'].filter(
      (argument) => argument !== '--allow-net' || process.allowedNodeEnvironmentFlags.has('--allow-net'),
    ),
  ).ended;
  t.is(code, 1);
  t.regex(stdout.toString(), /NO {3}worker threads +.*--allow-worker/);
  t.regex(stdout.toString(), /no {3}permissions/);
});
