/** Hostile names and values through every adapter at once: nothing injected, nothing thrown, the refused counted. */
import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { startGateway } from '../adapters/pushgateway-server.ts';
import { parseExposition } from '../exposition/exposition.ts';
import { FINE_NAMES, NUMBERS, TAKEN, TEXTS } from '../fixtures/hostile-app.ts';
import { startApp } from '../support/app.ts';
import { close, listen } from '../support/connect.ts';
import { startHttpReceiver } from '../support/otlp-receiver.ts';

/** A carbon that keeps its lines. */
async function startLines(t: ExecutionContext) {
  let text = '';
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
    });
  });
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    return close(server);
  });
  return { port: await listen(server), lines: () => text.split('\n').slice(0, -1) };
}

/** Rounds that must have arrived everywhere. */
const ROUNDS = 3;

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const limit = Date.now() + 20_000;
  while (!(await condition()) && Date.now() < limit) await sleep(100);
}

const COUNTS: Readonly<Record<string, number>> = {
  'hostile.text': TAKEN.values.length,
  'hostile.key': TAKEN.keys.length,
  'hostile.number': TAKEN.numbers.length,
  'hostile.put.number': TAKEN.numbers.length,
};

/** What must be the same in every destination. `valuesOf`: of the series of a metric. */
function holds(t: ExecutionContext, where: string, valuesOf: (name: string) => readonly number[]): void {
  for (const [name, count] of Object.entries(COUNTS)) t.is(valuesOf(name).length, count, `${name} in ${where}`);
  for (const name of ['hostile.number', 'hostile.put.number']) {
    const found = [...valuesOf(name)].sort((a, b) => a - b);
    t.deepEqual(
      found.map((value) => value + 0),
      [...TAKEN.numbers].sort((a, b) => a - b).map((value) => value + 0),
      `${name} in ${where}`,
    );
  }
}

function inPage(t: ExecutionContext, where: string, text: string): void {
  const families = parseExposition(text, 'text');
  const samples = families.flatMap((family) => family.samples);
  for (const { name, labels } of samples) {
    t.false(name.startsWith('injected') || labels.has('injected'), `${where}: ${name}`);
  }
  holds(t, where, (name) => {
    const family = name.replaceAll('.', '_');
    return samples.filter((sample) => sample.name === family).map(({ value }) => value);
  });
  const one = (name: string) => samples.find((sample) => sample.name === name)?.value;
  for (const name of FINE_NAMES) t.is(one(`${name}_total`), 1, `${name} in ${where}`);
  const refused = samples.find(
    ({ name, labels }) => name === 'loadline_sampler_refused_total' && labels.get('scope') === 'hostile',
  );
  const perRound =
    TEXTS.length -
    FINE_NAMES.length +
    (TEXTS.length - TAKEN.values.length) +
    (TEXTS.length - TAKEN.keys.length) +
    (NUMBERS.length - TAKEN.numbers.length) +
    1; // the counter below zero
  t.is(refused?.value, perRound * (one('hostile_rounds_total') ?? Number.NaN), `refused in ${where}`);
}

test('Every destination has all that can be taken, and nothing else comes of it', async (t) => {
  const [carbon, gateway, otlp] = [await startLines(t), await startGateway(t), await startHttpReceiver()];
  t.teardown(() => otlp.close());
  const app = await startApp(t, 'hostile-app', {
    OTEL_METRICS_EXPORTER: 'prometheus,graphite,otlp,pushgateway',
    OTEL_METRIC_EXPORT_INTERVAL: '1000',
    OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
    OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url,
    OTEL_SERVICE_NAME: 'sh"op\n;injected=1 😀',
    OTEL_RESOURCE_ATTRIBUTES: 'host.name=a%0Ainjected%201%201,a%22b=%22%0A%3Binjected%3D1,__proto__=x',
    LOADLINE_GRAPHITE_URL: `tcp://127.0.0.1:${carbon.port}`,
    LOADLINE_PUSHGATEWAY_URL: gateway.url,
    LOADLINE_PUSHGATEWAY_JOB: 'jo/b\n"injected',
    LOADLINE_EXIT_FLUSH: '8000',
  });
  const arrivals = () => [otlp.requests.length, gateway.received.length];
  await until(() => arrivals().every((count) => count >= ROUNDS));
  const page = await app.scrape();
  const openMetrics = await app.scrape('application/openmetrics-text; version=1.0.0');
  t.is(await (await fetch(app.url)).text(), 'bye');
  const isOver = (line: string) => line.startsWith('hostile.text;');
  await until(() => carbon.lines().filter(isOver).length >= ROUNDS * TAKEN.values.length);

  inPage(t, 'Prometheus', page);
  t.notThrows(() => parseExposition(openMetrics, 'openmetrics'));
  for (const { method, path, body } of gateway.received) {
    t.regex(`${method} ${path}`, /^PUT \/metrics\/job@base64\/[\w-]+$/);
    inPage(t, 'Pushgateway', body);
  }

  t.deepEqual(
    otlp.requests.flatMap(({ problems }) => problems),
    [],
  );
  for (const { series, resource } of otlp.requests) {
    t.is(resource['service.name'], 'sh"op\n;injected=1 😀');
    const valuesOf = (name: string) => series.filter((one) => one.name === name).map(({ value }) => value);
    holds(t, 'OTLP', valuesOf);
    for (const name of FINE_NAMES) t.deepEqual(valuesOf(name), [1], `${name} in OTLP`);
    t.false(
      series.some(({ name, attributes }) => name.startsWith('injected') || Object.hasOwn(attributes, 'injected')),
    );
  }

  const lines = carbon.lines();
  for (const line of lines) t.regex(line, /^[A-Za-z_][\x21-\x7e]* -?\d+(\.\d+)? \d{10}$/);
  t.false(lines.some((line) => /^injected|;injected=/.test(line)));
  const times = new Set(lines.map((line) => line.split(' ').at(-1)!));
  t.true(times.size >= ROUNDS);
  for (const name of FINE_NAMES) {
    const counts = lines.filter((line) => line.startsWith(`${name}.count;`)).map((line) => Number(line.split(' ')[1]));
    t.is(
      counts.reduce((sum, count) => sum + count, 0),
      1,
      `${name} in Graphite`,
    );
  }
  for (const time of times) {
    const ofTime = lines.filter((line) => line.endsWith(` ${time}`));
    holds(t, 'Graphite', (name) =>
      ofTime.filter((line) => line.startsWith(`${name};`)).map((line) => Number(line.split(' ')[1])),
    );
    t.is(new Set(ofTime.map((line) => line.split(' ')[0])).size, ofTime.length, 'no series twice');
  }
  t.regex(app.log(), /^(loadline: .*\n)*$/);
  const exported = parseExposition(page, 'text').flatMap(({ samples }) => samples);
  for (const adapter of ['graphite', 'otlp', 'pushgateway']) {
    const of = (name: string) =>
      exported.find((one) => one.name === `loadline_export_${name}_total` && one.labels.get('adapter') === adapter)
        ?.value;
    t.is(of('failed'), 0, adapter);
    t.true(of('dropped')! >= ROUNDS - 1, `the sum that is no number is counted by ${adapter}: ${of('dropped')}`);
  }
});
