import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { freePort } from '../support/ports.ts';
import { DEPTH, drive, type Entry, interval, REQUESTS } from './graphite-harness.ts';
import { becomes, peer } from './graphite-peer.ts';

const LOAD: Entry[] = [
  [REQUESTS, 1],
  [DEPTH, 2],
];
const wide: Entry[] = Array.from({ length: 5000 }, (_, i) => [DEPTH, i, { i }]);

for (const transport of ['socket', 'graphite'] as const) {
  test(`every interval arrives, by ${transport}`, async (t) => {
    const { url, text } = await peer(t);
    const graphite = await drive(t, { url, transport });
    for (let i = 0; i < 20; i++) await graphite.push(interval(1000 + i, LOAD));
    await graphite.close(5000);
    await becomes(() => text().split('\n').length > 60);
    t.is(text().split('\n').length - 1, 60);
    t.deepEqual(graphite.counts, { sent: 40, failed: 0, dropped: 0, unknown: 0, spooled: 0 });
  });

  test(`a refusing peer costs nothing, and all arrives when it comes, by ${transport}`, async (t) => {
    const port = await freePort();
    const graphite = await drive(t, { url: `tcp://127.0.0.1:${port}`, transport });
    for (let i = 0; i < 5; i++) await graphite.push(interval(1000 + i, LOAD));
    await sleep(300);
    t.is(graphite.counts.spooled, 10);
    const { text } = await peer(t, port);
    await graphite.close(10_000);
    await becomes(() => text().includes(' 1004\n'));
    for (let i = 0; i < 5; i++) t.true(text().includes(` 1 ${1000 + i}\n`));
    t.is(graphite.counts.sent, 10);
    t.is(graphite.counts.spooled, 0);
  });

  test(`a peer that never reads costs bounded memory, and closing ends in time, by ${transport}`, async (t) => {
    const { url } = await peer(t, 0, (socket) => socket.pause());
    const graphite = await drive(t, { url, transport, spoolBytes: 1_000_000 });
    const before = process.memoryUsage();
    for (let i = 0; i < 30; i++) await graphite.push(interval(1000 + i, wide));
    t.true(process.memoryUsage().arrayBuffers - before.arrayBuffers < 4_000_000);
    const { sent, dropped, spooled } = graphite.counts;
    t.is(sent + dropped + spooled, 150_000);
    const start = performance.now();
    await graphite.close(300);
    t.true(performance.now() - start < 5000);
    t.is(graphite.counts.spooled, 0);
  });
}

test('a connection that is reset is made again, and what was on it is sent again', async (t) => {
  let text = '';
  const { url } = await peer(t, 0, (socket, index) => {
    socket.on('data', (data) => {
      if (index === 0) socket.resetAndDestroy();
      else text += data;
    });
  });
  const graphite = await drive(t, { url });
  await graphite.push(interval(1000, LOAD));
  await sleep(100);
  await graphite.push(interval(1001, LOAD));
  await graphite.close(5000);
  for (const second of [1000, 1001]) t.true(text.includes(` ${second}\n`));
  t.is(graphite.counts.sent, 4);
});

test('two pushes of one second get two timestamps', async (t) => {
  const { url, text } = await peer(t);
  const graphite = await drive(t, { url });
  for (let i = 0; i < 2; i++) await graphite.push(interval(1000, [[DEPTH, i]]));
  await graphite.close(5000);
  t.regex(text(), / 0 1000\n.* 1 1001\n/);
});
