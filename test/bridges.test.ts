/** Apps that know nothing of loadline, under the preload: their own metrics are on the agent's page. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import type { OwnSeries } from './fixtures/own-sdk-app.ts';
import { type App, startApp as start } from './support/app.ts';

/** Loopback was chosen, so that a container is nothing to warn of. */
function startApp(t: ExecutionContext, fixture: string, env: NodeJS.ProcessEnv = {}) {
  return start(t, fixture, { OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1', ...env });
}

/** The page, asked again while a busy machine makes the app count as blocked, so that samplers are not asked. */
async function pageWith(app: App, line: RegExp): Promise<string> {
  const limit = Date.now() + 10_000;
  for (;;) {
    const text = await app.scrape();
    if (line.test(text) || Date.now() > limit) return text;
    await sleep(150);
  }
}

/** Its own export, asked for again while a busy machine makes the agent give no answer in time. */
async function ownSeries(app: App): Promise<readonly OwnSeries[]> {
  const limit = Date.now() + 10_000;
  for (;;) {
    const own = (await (await fetch(`${app.url}/own`)).json()) as OwnSeries[];
    if (own.some(({ name }) => name === 'fixture.answer') || Date.now() > limit) return own;
    await sleep(150);
  }
}

async function ask(url: string, path: string, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await (await fetch(url + path)).text();
  // Values are fresh for 100 ms.
  await sleep(150);
}

for (const client of ['prom-client14', 'prom-client', '@prometheus-io/client']) {
  const bridged = client !== 'prom-client14';
  test.serial(`An app of ${client} ${bridged ? 'shows its metrics' : 'under another name is not found'}`, async (t) => {
    const app = await startApp(t, 'prom-client-app', { LOADLINE_BRIDGES: 'prom-client', CLIENT: client });
    await ask(app.url, '/a', 3);
    const line = bridged ? /^app_requests_total\{path="\/a"\} 3$/m : /^http_server_request_duration_seconds_count/m;
    const text = await pageWith(app, line);
    t.is(/^app_requests_total\{path="\/a"\} 3$/m.test(text), bridged, text);
    t.regex(text, /^http_server_request_duration_seconds_count/m);
    t.is(app.log(), '');
  });
}

test.serial('An app of the OpenTelemetry API shows its metrics', async (t) => {
  const app = await startApp(t, 'opentelemetry-app', { LOADLINE_BRIDGES: 'opentelemetry,prom-client' });
  await ask(app.url, '/a', 3);
  const text = await pageWith(app, /^app_requests_total\{.*\} 3$/m);
  t.regex(text, /^app_requests_total\{otel_scope_name="app",otel_scope_version="1.0.0",path="\/a"\} 3$/m);
  t.regex(text, /^app_size_bytes_bucket\{otel_scope_name="app",otel_scope_version="1.0.0",le="100.0"\} 3$/m);
  t.is(app.log(), '');
});

test.serial('Without the setting nothing is bridged', async (t) => {
  const app = await startApp(t, 'prom-client-app');
  await ask(app.url, '/a', 1);
  t.notRegex(await app.scrape(), /app_requests/);
});

test.serial('Both ways at once: each page has everything exactly once', async (t) => {
  const app = await startApp(t, 'both-ways-app', { LOADLINE_BRIDGES: 'prom-client' });
  await ask(app.url, '/', 4);
  for (let round = 0; round < 3; round++) {
    const agents = await pageWith(app, /^fixture_answer /m);
    const own = await (await fetch(`${app.url}/own`)).text();
    for (const page of [own, agents]) {
      t.deepEqual(page.match(/^app_requests_total.*$/gm), ['app_requests_total 4']);
      t.deepEqual(page.match(/^fixture_answer .*$/gm), ['fixture_answer 42']);
      t.is(page.match(/^# TYPE http_server_request_duration_seconds histogram$/gm)?.length, 1);
      t.regex(page, /^process_/m);
    }
    await sleep(150);
  }
  t.is(app.log(), '');
});

test.serial('An app with an SDK of its own exports what the agent shows, and nothing counts twice', async (t) => {
  const app = await startApp(t, 'own-sdk-app');
  await ask(app.url, '/', 4);
  for (let round = 0; round < 3; round++) {
    const page = await pageWith(app, /^fixture_answer /m);
    t.deepEqual(page.match(/^app_requests_total.*$/gm), ['app_requests_total{otel_scope_name="app"} 4']);
    t.deepEqual(page.match(/^fixture_answer .*$/gm), ['fixture_answer 42']);
    const own = await ownSeries(app);
    const of = (wanted: string) => own.filter(({ name }) => name === wanted).map(({ scope, value }) => [scope, value]);
    t.deepEqual(of('app.requests'), [['app', 4]]);
    t.deepEqual(of('fixture.answer'), [['fixture', 42]]);
    t.is(of('process.uptime').length, 1);
    const durations = own.filter(({ name }) => name === 'http.server.request.duration');
    // Before this round each earlier one asked for one export at least.
    t.true(durations.length === 1 && durations[0]!.value >= 4 + round, JSON.stringify(durations));
    await sleep(150);
  }
  t.is(app.log(), '');
});

test.serial('Where the libraries are missing one line for each says so, and the app runs on', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'loadline-bridges-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'app.js');
  writeFileSync(
    file,
    "require('http').createServer().listen(0, function () { setTimeout(() => this.close(), 300); });",
  );
  const preload = fileURLToPath(new URL('../../lib/src/register.cjs', import.meta.url));
  const env = { ...process.env, LOADLINE_BRIDGES: 'prom-client,opentelemetry', OTEL_METRICS_EXPORTER: 'none' };
  const { stderr } = await promisify(execFile)(process.execPath, ['--require', preload, file], { cwd: folder, env });
  const lines = stderr.trim().split('\n');
  t.is(lines.length, 2, stderr);
  t.regex(
    lines[0]!,
    /prom-client or @prometheus-io\/client cannot be loaded from .*app.js.*ERR_LOADLINE_BRIDGE_MISSING/,
  );
  t.regex(lines[1]!, /@opentelemetry\/api @opentelemetry\/sdk-metrics cannot be loaded .*ERR_LOADLINE_BRIDGE_MISSING/);
});
