import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const PRELOAD = fileURLToPath(new URL('../../../lib/src/register.cjs', import.meta.url));
const INDEX = new URL('../../src/index.js', import.meta.url).href;
const ROOT = fileURLToPath(new URL('../../../package.json', import.meta.url));

/** Serves, installs fake timers, starts the agent, answers after 300 ms of real time, tells what it sees. */
const app = (install: string, startsItself: 'before' | 'after' | 'preloaded') => `
import http from 'node:http';
import { createRequire } from 'node:module';
const load = createRequire(${JSON.stringify(ROOT)});
const { setTimeout: realTimeout } = globalThis;
const realNow = process.hrtime.bigint;
const wait = (ms) => new Promise((resolve) => realTimeout(resolve, ms));
${startsItself === 'preloaded' ? 'const start = () => {};' : `import { start } from ${JSON.stringify(INDEX)};`}
const server = http.createServer((req, res) => realTimeout(() => res.end('ok'), 300));
${startsItself === 'before' ? 'start();' : ''}
${startsItself === 'preloaded' ? "server.listen(0, '127.0.0.1'); await wait(300);" : ''}
${install}
${startsItself === 'after' ? 'start();' : ''}
${startsItself === 'preloaded' ? '' : "server.listen(0, '127.0.0.1'); await wait(300);"}
const state = globalThis[Symbol.for('loadline.state.v1')];
const { HEADER } = await import(${JSON.stringify(new URL('../../src/store/layout.js', import.meta.url).href)});
const { StoreReader } = await import(${JSON.stringify(new URL('../../src/store/reader.js', import.meta.url).href)});
const cells = state?.store?.cells ?? [];
const beats = new Set();
for (let i = 0; i < 10; i++) { beats.add(cells[HEADER.beat]); await wait(60); }
const begin = realNow();
await new Promise((resolve) => http.get({ port: server.address().port, agent: false }, (res) => res.resume().on('end', resolve)));
const took = Number(realNow() - begin) / 1e9;
await wait(1200);
const metrics = state?.store ? new StoreReader(state.store.buffer).metrics() : [];
const duration = metrics.find(({ metric }) => metric.name === 'http.server.request.duration')?.points[0]?.value.sum;
process.stdout.write(JSON.stringify({
  agent: Boolean(state?.agent), beats: beats.size, took, duration, fake: fakeCount(), date: fakeDate(),
}));
process.exit();
`;

// Without the real nextTick, Node's own servers do not even listen.
const SINON = `
const clock = load('sinon').useFakeTimers({ now: 1000, toNotFake: ['nextTick'] });
const fakeCount = () => { const count = clock.countTimers(); clock.runAll(); return [count, clock.countTimers()]; };
const fakeDate = () => Date.now();
setTimeout(() => {}, 5000);
`;
const NODE_MOCK = `
const { mock } = await import('node:test');
let fired = 0;
mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate', 'Date'], now: 1000 });
setTimeout(() => fired++, 5000);
const fakeCount = () => { mock.timers.runAll(); return fired; };
const fakeDate = () => Date.now();
`;

async function run(source: string, preload: boolean) {
  const args = [...(preload ? ['--require', PRELOAD] : []), '--input-type=module', '--eval', source];
  const env = {
    ...process.env,
    OTEL_EXPORTER_PROMETHEUS_PORT: '0',
    OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
    // On a busy machine a start-up is a stall, and says so.
    LOADLINE_STALL_THRESHOLD: '60000',
  };
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  const limit = setTimeout(() => child.kill('SIGKILL'), 30_000);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  clearTimeout(limit);
  return { stdout, stderr: stderr.replaceAll(/^.*ExperimentalWarning.*\n.*\n/gm, ''), code };
}

for (const [name, install] of [
  ['sinon', SINON],
  ['node:test', NODE_MOCK],
] as const) {
  for (const when of ['preloaded', 'before', 'after'] as const) {
    const order = when === 'after' ? 'installed before the agent starts' : `installed later, agent ${when}`;
    test(`fake timers of ${name}, ${order}: neither is disturbed`, async (t) => {
      const [withAgent, without] = await Promise.all([
        run(app(install, when), when === 'preloaded'),
        run(app(install, 'preloaded'), false),
      ]);
      t.is(withAgent.code, 0, withAgent.stderr);
      t.is(withAgent.stderr, without.stderr);
      const seen = JSON.parse(withAgent.stdout);
      const expected = JSON.parse(without.stdout);
      t.true(seen.agent);
      t.false(expected.agent);
      t.deepEqual(seen.fake, expected.fake, 'the fake clock has the timers of the app alone');
      t.is(seen.date, expected.date);
      t.true(seen.beats >= 3, `${seen.beats} different heartbeats in 600 ms`);
      t.true(seen.duration >= 0.29 && seen.duration <= seen.took + 0.05, `${seen.duration} s of ${seen.took} s`);
    });
  }
}
