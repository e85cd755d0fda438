import { fileURLToPath } from 'node:url';
import test from 'ava';
import { toLines } from '../../adapters/graphite-lines.ts';
import { taggedNaming } from '../../adapters/graphite-names.ts';
import { run } from '../reporter/app.ts';
import { freePort } from '../support/ports.ts';
import { type Entry, interval, LATENCY, REQUESTS } from './graphite-harness.ts';
import { peer } from './graphite-peer.ts';

const STRESSED = fileURLToPath(new URL('../fixtures/graphite-under-stress.js', import.meta.url));
const MB = 1_000_000;

async function stressed(mode: string, port: number) {
  const env = { MODE: mode, PORT: String(port), SPOOL: String(4 * MB) };
  const { stdout, stderr, code } = await run(process.execPath, [STRESSED], env);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

test.serial(
  'a peer that never reads costs memory within its bound, and what is over it counts as dropped',
  async (t) => {
    const { port } = await peer(t, 0, (socket) => socket.pause());
    const { grown, points, counts } = await stressed('flood', port);
    t.log(`RSS grew by ${(grown / MB).toFixed(0)} MB over ${points} points, 160 MB of lines`);
    t.true(grown < 80 * MB, `${grown} bytes`);
    t.is(counts.sent + counts.dropped + counts.spooled, points);
    t.true(counts.dropped > points / 2, `${counts.dropped} dropped`);
    t.true(counts.spooled < 40_000, `${counts.spooled} wait`);
  },
);

test.serial('while nobody listens the adapter takes next to no CPU time', async (t) => {
  const { cpu, took, counts } = await stressed('down', await freePort());
  t.log(`${((cpu / took) * 100).toFixed(2)} % of a core`);
  t.true(cpu / took < 0.05, `${cpu} ms of ${took} ms`);
  t.true(counts.spooled > 0);
  t.is(counts.sent, 0);
});

test.serial('ten thousand series become lines in a fraction of a second', (t) => {
  const naming = taggedNaming({ service: 'shop', host: 'web1', instance: '7' });
  const routes = Array.from({ length: 10_000 }, (_, i) => ({ 'http.route': `/users/:id/${i}`, method: 'GET' }));
  for (const [metric, value] of [
    [REQUESTS, 5],
    [LATENCY, { counts: [3, 4, 5, 0], sum: 9 }],
  ] as const) {
    const entries: Entry[] = routes.map((attributes) => [metric, value, attributes]);
    const times: number[] = [];
    let characters = 0;
    for (let i = 0; i < 5; i++) {
      const snapshot = interval(1_800_000_000 + i, entries);
      const begin = performance.now();
      const { pieces } = toLines(snapshot, naming, 1_800_000_000 + i);
      times.push(performance.now() - begin);
      characters = pieces.reduce((sum, { text }) => sum + text.length, 0);
    }
    t.log(`${metric.kind}s: ${times.map((time) => time.toFixed(0)).join(', ')} ms, ${(characters / MB).toFixed(1)} MB`);
    t.true(Math.min(...times) < 2000, String(times));
  }
});
