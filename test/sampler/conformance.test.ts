import test from 'ava';
import { Collector } from '../../src/sampler/collect.ts';
import { COLLECTOR_CHECKS, checkCollector, checkSampler, SAMPLER_CHECKS } from '../../src/sampler/conformance.ts';
import type { Metric, Sampler, Sink } from '../../src/sampler/sampler.ts';
import { CredulousCollector, MuteCollector } from './broken.ts';

test.serial('our own collector passes every check', async (t) => {
  t.deepEqual(await checkCollector((options) => new Collector(options)), []);
});

test.serial('every check finds out a collector that is broken', async (t) => {
  const mute = await checkCollector(() => new MuteCollector());
  const credulous = await checkCollector(({ samplers }) => new CredulousCollector(samplers));
  const found = new Set([...mute, ...credulous].map((finding) => finding.check));
  const missed = COLLECTOR_CHECKS.filter(({ check }) => !found.has(check)).map(({ check }) => check);
  t.deepEqual(missed, []);
});

test.serial('the credulous collector is found out by itself, except where it happens to be right', async (t) => {
  const findings = await checkCollector(({ samplers }) => new CredulousCollector(samplers));
  const found = new Set(findings.map(({ check }) => check));
  const passed = COLLECTOR_CHECKS.map(({ check }) => check).filter((check) => !found.has(check));
  t.log(passed.join(' '));
  t.true(passed.length < 15, passed.join(' '));
});

test('a collector that cannot even be made is a finding for every check', async (t) => {
  const findings = await checkCollector(() => {
    throw new Error('no');
  });
  t.is(findings.length, COLLECTOR_CHECKS.length);
});

test('checks have unique names and name a section of SPEC.md', (t) => {
  for (const checks of [COLLECTOR_CHECKS, SAMPLER_CHECKS]) {
    t.is(new Set(checks.map(({ check }) => check)).size, checks.length);
    for (const { section } of checks) t.regex(section, /^\d(\.\d)?$/);
  }
});

const COUNTER: Metric = { name: 'test.counter', kind: 'counter' };
const HISTOGRAM: Metric = { name: 'test.histogram', kind: 'histogram', unit: 's', bounds: [1] };

function sampler(sample: (sink: Sink, call: number) => unknown, more: object = {}): Sampler {
  let call = 0;
  return { scope: { name: 'test' }, sample: (sink) => sample(sink, ++call) as undefined, ...more };
}

test('a decent sampler has no findings', async (t) => {
  const decent = sampler(
    async (sink, call) => {
      sink.put(COUNTER, call, { part: 'a' });
      await Promise.resolve();
      sink.put(HISTOGRAM, { counts: [call, 1], sum: 3 });
    },
    { start: () => () => undefined, startTime: 1_000_000_000_000 },
  );
  t.deepEqual(await checkSampler(decent), []);
});

const fail = (): never => {
  throw new Error('on purpose');
};
const blockFor = (ms: number): void => {
  const until = performance.now() + ms;
  while (performance.now() < until);
};

const OFFENDERS: Readonly<Record<string, unknown>> = {
  shape: { scope: { name: '' }, sample() {} },
  'metric-names': sampler((sink) => sink.put({ name: 'a.requests_total', kind: 'counter' }, 1)),
  'base-units': sampler((sink) => sink.put({ name: 'a.time', kind: 'counter', unit: 'ms' }, 1)),
  'constant-metrics': sampler((sink) => sink.put({ ...COUNTER }, 1)),
  'valid-values': sampler((sink) => sink.put(COUNTER, Number.NaN)),
  'each-series-once': sampler((sink) => {
    sink.put(COUNTER, 1, { a: 1 });
    sink.put(COUNTER, 1, { a: '1' });
  }),
  'all-series-each-time': sampler((sink, call) => call === 1 && sink.put(COUNTER, 1)),
  cumulative: sampler((sink, call) => sink.put(COUNTER, call === 3 ? 0 : 5)),
  'does-not-block': sampler(() => blockFor(60)),
  'returns-fast': sampler(() => blockFor(5)),
  settles: sampler(() => new Promise(() => undefined)),
  'no-late-puts': sampler((sink) => void setTimeout(() => sink.put(COUNTER, 1), 1)),
  'does-not-fail': sampler(async () => fail()),
  'bounded-series': sampler((sink) => {
    for (let i = 0; i < 2001; i++) sink.put(COUNTER, 1, { i });
  }),
  'bounded-metrics': sampler((sink) => {
    for (let i = 0; i < 1001; i++) sink.put({ name: `a.${i}`, kind: 'gauge' }, 1);
  }),
  'start-and-stop': sampler(() => undefined, { start: () => fail }),
};

test('there is an offender for every check', (t) => {
  t.deepEqual(
    Object.keys(OFFENDERS),
    SAMPLER_CHECKS.map(({ check }) => check),
  );
});

for (const [check, offender] of Object.entries(OFFENDERS)) {
  test(`a sampler that offends against ${check} is found out`, async (t) => {
    const findings = await checkSampler(offender as Sampler, { timeout: 100, pause: 30 });
    t.true(
      findings.some((finding) => finding.check === check),
      JSON.stringify(findings),
    );
  });
}

test('a histogram bucket that falls, and garbage of all sorts, are found out without a throw', async (t) => {
  const falling = sampler((sink, call) => sink.put(HISTOGRAM, { counts: [10 - call, 50], sum: 1 }));
  const findings = await checkSampler(falling);
  t.deepEqual(
    findings.map(({ check }) => check),
    ['cumulative'],
  );
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  for (const garbage of [
    null,
    undefined,
    7,
    'x',
    {},
    proxy,
    {
      get scope() {
        return fail();
      },
    },
  ]) {
    t.is((await checkSampler(garbage as Sampler))[0]!.check, 'shape');
  }
  const throwing = sampler((sink) => sink.put(proxy as Metric, 1));
  t.true((await checkSampler(throwing)).some(({ check }) => check === 'valid-values'));
});
