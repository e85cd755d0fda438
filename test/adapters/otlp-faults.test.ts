/** What becomes of an app's counts while the backend misbehaves in each way there is: every one is where it is said to be. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { rm } from 'node:fs/promises';
import type { ClientRequest } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import test from 'ava';
import { Pusher } from '../../src/reporter/push.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';
import { copyOfPackage, run } from '../reporter/app.ts';
import { type Fault, type OtlpReceiver, startReceiver } from '../support/otlp-receiver.ts';
import { type DestinationOptions, openDestination } from './otlp-destination.ts';

const START = 1_800_000_000_000;
const STEP = 60_000;

/** Where the points of one push are: the backend has them, the next push has them, or nobody knows. */
type Place = 'taken' | 'carried' | 'unknown';

interface Case {
  readonly fault: Fault;
  readonly delta: Place;
  readonly cumulative: Place;
  /** The push ends as soon as the request was seen, or answered, instead of after the exporter's further attempts. */
  readonly cut?: 'seen' | 'answered';
}

const same = (fault: Fault, place: Place, cut?: Case['cut']): Case => ({ fault, delta: place, cumulative: place, cut });
const ANSWERED: readonly Case[] = [same('garbage', 'taken'), same({ rejected: 0, message: 'use less' }, 'taken')];
const HTTP: readonly Case[] = [
  ...[400, 404, 413, 500].map((status) => same({ status }, 'carried')),
  ...[429, 502, 503].map((status) => same({ status }, 'carried', 'answered')),
  // The exporter itself sends these again: at once, at once, and after a second.
  same({ status: 503, retryAfter: '0' }, 'taken'),
  same({ status: 503, retryAfter: 'soon' }, 'taken'),
  same({ status: 504 }, 'taken'),
  { fault: 'hang', delta: 'unknown', cumulative: 'carried', cut: 'seen' },
  // Totals may be sent again, and are.
  { fault: 'reset', delta: 'unknown', cumulative: 'taken' },
  { fault: 'lose', delta: 'unknown', cumulative: 'taken' },
  ...ANSWERED,
];
/** Codes: CANCELLED, INVALID_ARGUMENT, DEADLINE_EXCEEDED, PERMISSION_DENIED, RESOURCE_EXHAUSTED, INTERNAL, UNAVAILABLE. */
const GRPC: readonly Case[] = [
  ...[1, 3, 4, 7, 8, 13, 14].map((status) => same({ status }, 'carried')),
  { fault: 'hang', delta: 'unknown', cumulative: 'carried', cut: 'seen' },
  { fault: 'reset', delta: 'unknown', cumulative: 'carried' },
  { fault: 'lose', delta: 'unknown', cumulative: 'carried' },
  ...ANSWERED,
];

async function startApp(protocol: string, temporality: string, given: DestinationOptions = {}) {
  const receiver = await startReceiver(protocol);
  const environment = {
    OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: temporality,
  };
  const { adapter, counts } = await openDestination(environment, given);
  const reasons: string[] = [];
  let cut = new AbortController();
  const cuttable = {
    ...adapter,
    push: (snapshot: Snapshot, signal: AbortSignal) => adapter.push!(snapshot, AbortSignal.any([signal, cut.signal])),
  };
  const count = () => undefined;
  const pusher = new Pusher({ adapter: cuttable, interval: STEP, count, onFailure: (reason) => reasons.push(reason) });
  let total = 0;
  let time = START;
  /** The app counts so many, and one interval passes, which is cut short by `end`. */
  const interval = async (amount: number, end?: Promise<unknown>): Promise<Place> => {
    total += amount;
    time += STEP;
    const before = { unknown: counts.unknown, reasons: reasons.length };
    const own = new AbortController();
    cut = own;
    void end?.then(() => own.abort());
    await pusher.push(snapshotOf(total, time));
    if (reasons.length > before.reasons) return 'carried';
    return counts.unknown > before.unknown ? 'unknown' : 'taken';
  };
  /** What the receiver took, by its own account. */
  const received = () => {
    const taken = receiver.requests.flatMap(({ series }) => series.filter(({ name }) => name === 'a'));
    const values = taken.map(({ value }) => value);
    return temporality === 'delta' ? values.reduce((sum, value) => sum + value, 0) : (values.at(-1) ?? 0);
  };
  return { receiver, adapter, counts, reasons, interval, received, total: () => total };
}

/** A counter, and an updown of the same value. */
function snapshotOf(value: number, time: number): Snapshot {
  const metrics = [{ name: 'a', kind: 'counter' } as const, { name: 'b', kind: 'updown' } as const];
  const points = [{ attributes: {}, startTime: START, value }];
  return { time, resource: {}, metrics: metrics.map((metric) => ({ metric, scope: { name: 'shop' }, points })) };
}

/** Resolves when the next request of this process to the receiver has its answer. */
function answerFrom({ port }: OtlpReceiver): Promise<void> {
  return new Promise((resolve) => {
    const onResponse = (message: unknown) => {
      const { request } = message as { request: ClientRequest };
      if (!String(request.getHeader('host')).endsWith(`:${port}`)) return;
      unsubscribe('http.client.response.finish', onResponse);
      setImmediate(resolve);
    };
    subscribe('http.client.response.finish', onResponse);
  });
}

/** Resolves when one more request has come. */
async function sight({ seen }: OtlpReceiver): Promise<void> {
  for (const before = seen(); seen() === before; ) await sleep(5);
}

for (const protocol of ['http/protobuf', 'http/json', 'grpc']) {
  for (const temporality of ['cumulative', 'delta'] as const) {
    test(`every count is where it is said to be after each fault over ${protocol}, ${temporality}`, async (t) => {
      const app = await startApp(protocol, temporality);
      t.teardown(() => app.receiver.close());
      let lost = 0;
      let unknown = 0;
      for (const [i, { fault, cut, [temporality]: place }] of (protocol === 'grpc' ? GRPC : HTTP).entries()) {
        const name = JSON.stringify(fault);
        const amount = 10 ** 4 + i;
        app.receiver.faults.push(fault);
        const end = cut && (cut === 'seen' ? sight(app.receiver) : answerFrom(app.receiver));
        t.is(await app.interval(amount, end), place, `${name}: ${app.reasons.at(-1)}`);
        if (place === 'unknown') unknown += 2;
        if (place === 'unknown' && fault !== 'lose') lost += amount;
        for (const limit = Date.now() + 15_000; (await app.interval(1)) !== 'taken' && Date.now() < limit; ) {
          // A gRPC channel that broke waits a second before it connects again.
          await sleep(50);
        }
        t.is(app.received(), app.total() - lost, name);
        const updown = app.receiver.requests.at(-1)!.series.find((one) => one.name === 'b')!;
        t.deepEqual([updown.value, updown.temporality], [app.total(), 'cumulative'], name);
      }
      t.is(app.counts.unknown, unknown);
      t.deepEqual(
        app.receiver.requests.flatMap(({ problems }) => problems),
        [],
      );
    });
  }

  test(`a backend over ${protocol} that asks to wait is not called before, and loses nothing`, async (t) => {
    // Within its timeout an exporter of HTTP waits itself.
    const [timeout, seconds] = protocol === 'grpc' ? [10_000, 1] : [2500, 3];
    const app = await startApp(protocol, 'delta', { options: { timeout } });
    t.teardown(() => app.receiver.close());
    app.receiver.faults.push({ status: protocol === 'grpc' ? 8 : 429, retryAfter: String(seconds) });
    t.is(await app.interval(5), 'carried');
    const asked = performance.now();
    t.regex(app.reasons[0]!, new RegExp(`asked to wait ${seconds} s`));
    let calls = 0;
    while ((await app.interval(1)) === 'carried' && calls++ < 1000) await sleep(20);
    t.true(calls > 0 && performance.now() - asked >= seconds * 1000 - 100, `${calls} calls`);
    t.is(app.receiver.seen(), 2);
    t.is(app.received(), app.total());
  });
}

for (const protocol of ['http/protobuf', 'http/json']) {
  test(`a delivery over ${protocol} that was cut short is not made up for by a late one of the exporter`, async (t) => {
    const app = await startApp(protocol, 'delta');
    t.teardown(() => app.receiver.close());
    app.receiver.faults.push({ status: 503 }, 'hang');
    t.is(await app.interval(1, answerFrom(app.receiver)), 'carried');
    // The exporter tries again about a second later, while this one waits for its answer.
    const both = Promise.all([sleep(2000), sight(app.receiver)]);
    t.is(await app.interval(1, both), 'unknown');
    t.is(app.receiver.seen(), 2);
    t.deepEqual(app.receiver.requests, []);
  });
}

test.serial('a connection that is kept through many intervals gathers nothing', async (t) => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on('warning', onWarning);
  t.teardown(() => process.off('warning', onWarning));
  const app = await startApp('http/protobuf', 'cumulative');
  t.teardown(() => app.receiver.close());
  for (let i = 0; i < 30; i++) t.is(await app.interval(1), 'taken');
  await sleep(0);
  t.deepEqual(warnings, []);
  t.is(app.received(), 30);
});

test('without the exporter installed one line says what to install, and the app runs on', async (t) => {
  const folder = copyOfPackage();
  t.teardown(() => rm(folder, { recursive: true }));
  for (const [protocol, name] of [
    ['http/protobuf', 'proto'],
    ['http/json', 'http'],
    ['grpc', 'grpc'],
  ]) {
    const index = JSON.stringify(pathToFileURL(join(folder, 'src/index.js')).href);
    const program = `import(${index}).then(({ start }) => start().ready).then(() => console.log('done'))`;
    const args = ['--require', join(folder, 'src/register.cjs'), '--eval', program];
    const env = { OTEL_METRICS_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_PROTOCOL: protocol! };
    const { code, stdout, stderr } = await run(process.execPath, args, env);
    t.deepEqual([code, stdout], [0, 'done\n']);
    const lines = stderr.split('\n').filter(Boolean);
    t.is(lines.length, 1, stderr);
    t.true(lines[0]!.includes(`run npm install @opentelemetry/exporter-metrics-otlp-${name};`), stderr);
  }
});
