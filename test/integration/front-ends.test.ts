/** Queue time behind the real front ends: what each really sends lands where DESIGN, "Queue time", says. */
import test, { type ExecutionContext } from 'ava';
import type { Waited } from '../fixtures/waiting-app.ts';
import { type App, startApp } from '../support/app.ts';
import { startFunnel } from '../support/funnel.ts';
import { get, mean, openLoop, quantile } from '../support/load.ts';
import type { Metrics } from '../support/metrics-text.ts';
import { type FrontEnd, startApache, startHaproxy, startNginx } from '../support/servers.ts';
import { queued, waited } from '../support/waited.ts';

const COUNT = 'loadline_http_queue_duration_seconds_count';
const SUM = 'loadline_http_queue_duration_seconds_sum';
const BUCKET = 'loadline_http_queue_duration_seconds_bucket';
const DISCARDED = 'loadline_http_queue_discarded_total';

/** What became of the stamps: how many count, and how many were discarded for which reason. */
interface Verdicts {
  readonly recorded: number;
  readonly invalid: number;
  readonly skewed: number;
  readonly absurd: number;
}

function verdicts(metrics: Metrics): Verdicts {
  const discarded = (reason: string) => metrics.sum(DISCARDED, { reason });
  return {
    recorded: metrics.sum(COUNT) || 0,
    invalid: discarded('invalid'),
    skewed: discarded('skewed'),
    absurd: discarded('absurd'),
  };
}

/** How many waited for at most `bound` seconds. */
function upTo({ samples }: Metrics, bound: number): number {
  return samples.find(({ name, labels }) => name === BUCKET && Number(labels.le) === bound)!.value;
}

/** Compiles what requests run through, outside of what is measured: without a stamp there is no queue time. */
async function warmUp(app: App): Promise<void> {
  await inTurn(20, `${app.url}/wait/1`);
}

/** One after the other, so that nobody waits for anybody. */
async function inTurn(count: number, url: string): Promise<Waited[]> {
  const answers: Waited[] = [];
  for (let i = 0; i < count; i++) answers.push(waited(await get(url)));
  return answers;
}

function isNear(t: ExecutionContext, what: string, found: number, truth: number, tolerance = 0.05): void {
  t.log(`${what}: ${found.toFixed(4)}, truth ${truth.toFixed(4)}`);
  t.true(Math.abs(found - truth) <= truth * tolerance, `${what}: ${found}, truth ${truth}`);
}

/** A front end's stamp has its known shape, counts as queue time, and shows a queue that is next to nothing. */
async function sendsUsableStamps(t: ExecutionContext, app: App, front: FrontEnd, shape: RegExp): Promise<void> {
  const answers = await inTurn(20, `${front.url}/wait/1`);
  for (const { stamp } of answers) t.regex(stamp ?? '', shape);
  const metrics = await app.metrics();
  t.deepEqual(verdicts(metrics), { recorded: 20, invalid: 0, skewed: 0, absurd: 0 });
  t.true(metrics.sum(SUM) / 20 < 0.1, `nobody waited, yet ${metrics.sum(SUM)} s`);
}

test.serial('nginx sends seconds with milliseconds, and every one counts', async (t) => {
  const app = await startApp(t, 'waiting-app');
  await sendsUsableStamps(t, app, await startNginx(t, { backend: app.port }), /^t=\d{10}\.\d{3}$/);
});

test.serial('haproxy with date(0,us) sends microseconds, and every one counts', async (t) => {
  const app = await startApp(t, 'waiting-app');
  await sendsUsableStamps(t, app, await startHaproxy(t, { backend: app.port }), /^t=\d{16}$/);
});

test.serial('Apache with %t sends microseconds, and every one counts', async (t) => {
  const app = await startApp(t, 'waiting-app');
  await sendsUsableStamps(t, app, await startApache(t, { backend: app.port }), /^t=\d{16}$/);
});

test.serial('Apache with "%t %D" appends a duration, which is left out of the time', async (t) => {
  const app = await startApp(t, 'waiting-app');
  const front = await startApache(t, { backend: app.port, stamp: '%t %D' });
  await sendsUsableStamps(t, app, front, /^t=\d{16} D=\d+$/);
});

test.serial('The queue in haproxy before an app that takes one request at a time is seen within 5 %', async (t) => {
  const handled = 400;
  const requests = 6;
  // Bounds between the times that are to be seen: 0, 400, 800 … ms.
  const bounds = Array.from({ length: requests - 1 }, (_, i) => ((i + 0.5) * handled) / 1000);
  const app = await startApp(t, 'waiting-app', { LOADLINE_BOUNDS: `loadline.http.queue.duration=${bounds.join(',')}` });
  await warmUp(app);
  const front = await startHaproxy(t, { backend: app.port, connections: 1 });
  const answers = await Promise.all(Array.from({ length: requests }, () => get(`${front.url}/wait/${handled}`)));
  const truth = answers.map((answer) => queued(waited(answer)));
  answers.forEach((answer, i) => {
    const felt = (answer.latency - waited(answer).handled) / 1000;
    t.true(truth[i]! <= felt + 0.001, `${truth[i]} s in the queue, of ${felt} s that a client felt`);
  });

  const metrics = await app.metrics();
  t.deepEqual(verdicts(metrics), { recorded: requests, invalid: 0, skewed: 0, absurd: 0 });
  isNear(t, 'mean', metrics.sum(SUM) / requests, mean(truth));
  bounds.forEach((bound, i) => {
    t.is(upTo(metrics, bound), i + 1, `one more up to each bound, here ${bound} s`);
  });
});

test.serial('A second between nginx and the app is seen within 5 %, in the mean and in the quantiles', async (t) => {
  const bounds = Array.from({ length: 41 }, (_, i) => (950 + 10 * i) / 1000);
  const requests = 40;
  const app = await startApp(t, 'waiting-app', { LOADLINE_BOUNDS: `loadline.http.queue.duration=${bounds.join(',')}` });
  await warmUp(app);
  const funnel = await startFunnel(t, app.port, 1000);
  const front = await startNginx(t, { backend: funnel.port });
  const answers = await openLoop({ rate: 20, count: requests, url: () => `${front.url}/wait/1` });

  const metrics = await app.metrics();
  t.deepEqual(verdicts(metrics), { recorded: requests, invalid: 0, skewed: 0, absurd: 0 });
  const truth = answers.map((answer) => queued(waited(answer)));
  t.is(funnel.waits.length, requests);
  t.true(mean(truth) > mean(funnel.waits) / 1000 - 0.002, 'the funnel is part of the queue');
  isNear(t, 'mean', metrics.sum(SUM) / requests, mean(truth));
  for (const share of [0.5, 0.9]) {
    const bound = bounds.find((each) => upTo(metrics, each) >= share * requests);
    isNear(t, `p${share * 100}`, bound ?? Number.POSITIVE_INFINITY, quantile(truth, share));
  }
});

test.serial(
  'The broken %[date]%[date_us] of haproxy is invalid where it lost a zero, and right elsewhere',
  async (t) => {
    const app = await startApp(t, 'waiting-app');
    const front = await startHaproxy(t, { backend: app.port, stamp: 't=%[date]%[date_us]' });
    // Over a second, so that the first tenth of one, in which digits go missing, is part of it.
    const answers: Waited[] = [];
    for (const end = Date.now() + 1300; Date.now() < end; ) answers.push(...(await inTurn(1, `${front.url}/wait/5`)));
    const ofDigits = (digits: number) => answers.filter(({ stamp }) => stamp?.length === 't='.length + digits).length;
    const whole = ofDigits(16);
    // One in a thousand lost three and looks like milliseconds, up to a second off: no reader can tell.
    const milliseconds = ofDigits(13);
    t.log(`${whole} of ${answers.length} stamps have all digits, ${milliseconds} look like milliseconds`);
    t.true(whole < answers.length);

    const metrics = await app.metrics();
    const { recorded, invalid, skewed, absurd } = verdicts(metrics);
    t.is(invalid, answers.length - whole - milliseconds);
    t.is(recorded + skewed, whole + milliseconds);
    t.true(recorded >= whole);
    t.is(absurd, 0);
    t.true(metrics.sum(SUM) < 0.1 * whole + milliseconds, 'none of the broken ones counts as time');
  },
);

test.serial('Text that a front end sends as it stands, instead of a time, is invalid and counted', async (t) => {
  const app = await startApp(t, 'waiting-app');
  const front = await startNginx(t, { backend: app.port, stamp: 't=%[date(0,us)]' });
  await inTurn(5, `${front.url}/wait/1`);
  t.deepEqual(verdicts(await app.metrics()), { recorded: 0, invalid: 5, skewed: 0, absurd: 0 });
});

test.serial('Through nginx, each stamp of the golden table lands where it belongs', async (t) => {
  const seconds = () => Date.now() / 1000;
  const table: [verdict: keyof Verdicts, name: string, stamp: () => string][] = [
    ['recorded', 'nginx', () => `t=${seconds().toFixed(3)}`],
    ['recorded', 'haproxy', () => `t=${Date.now()}000`],
    ['recorded', 'Apache', () => `t=${Date.now()}000 D=85`],
    ['recorded', 'Heroku', () => `${Date.now()}`],
    ['recorded', 'whole seconds', () => `${Math.floor(seconds())}`],
    ['recorded', 'nanoseconds', () => `${Date.now()}000000`],
    ['recorded', 'ts= and a list', () => `ts=${Date.now()}, t=1`],
    ['recorded', 'nine minutes ago', () => `t=${Date.now() - 9 * 60_000}`],
    ['absurd', 'eleven minutes ago', () => `t=${Date.now() - 11 * 60_000}`],
    ['absurd', '2001', () => 't=1000000000'],
    ['skewed', 'five seconds ahead', () => `t=${Date.now() + 5000}`],
    ['skewed', 'a year ahead', () => `t=${seconds() + 366 * 86_400}`],
    ['invalid', 'haproxy without zero padding', () => `t=${Math.floor(seconds())}56053`],
    ['invalid', 'a date', () => new Date().toUTCString()],
    ['invalid', 'negative', () => `-${Date.now()}`],
    ['invalid', 'exponent', () => '1.7e12'],
    ['invalid', 'hexadecimal', () => '0x1795219456184'],
    ['invalid', 'no digits', () => 't='],
    ['invalid', 'far too long', () => '1'.repeat(4000)],
  ];
  const app = await startApp(t, 'waiting-app');
  const front = await startNginx(t, { backend: app.port, stamp: '$http_x_stamp' });
  let before = verdicts(await app.metrics());
  for (const [verdict, name, stamp] of table) {
    waited(await get(`${front.url}/wait/1`, { 'x-stamp': stamp() }));
    const after = verdicts(await app.metrics());
    t.deepEqual(after, { ...before, [verdict]: before[verdict] + 1 }, name);
    before = after;
  }
});

test.serial(
  'Without a front end there is no queue time, and X-Queue-Start counts where X-Request-Start is absent',
  async (t) => {
    const app = await startApp(t, 'waiting-app');
    await get(`${app.url}/wait/1`);
    t.deepEqual(verdicts(await app.metrics()), { recorded: 0, invalid: 0, skewed: 0, absurd: 0 });
    await get(`${app.url}/wait/1`, { 'x-queue-start': `t=${Date.now() - 3000}` });
    const metrics = await app.metrics();
    t.deepEqual(verdicts(metrics), { recorded: 1, invalid: 0, skewed: 0, absurd: 0 });
    isNear(t, 'sum', metrics.sum(SUM), 3);
    await get(`${app.url}/wait/1`, { 'x-queue-start': 'rubbish', 'x-request-start': `t=${Date.now()}` });
    t.is(verdicts(await app.metrics()).recorded, 2);
  },
);
