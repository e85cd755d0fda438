import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import test, { type ExecutionContext } from 'ava';
import { Connection, DEADLINES, type Deadlines } from '../../adapters/graphite-connection.ts';
import { Spool } from '../../adapters/graphite-spool.ts';
import type { Outcome } from '../../src/reporter/adapter.ts';
import { DEPTH, drive, type Entry, interval } from './graphite-harness.ts';
import { becomes, isReset, peer } from './graphite-peer.ts';

/** A connection with deadlines of its own, ended with the test, and the spool that it empties. */
function open(t: ExecutionContext, port: number, deadlines: Partial<Deadlines>) {
  const counts: Record<Outcome, number> = { sent: 0, failed: 0, dropped: 0, unknown: 0, spooled: 0 };
  const lines: string[] = [];
  const spool = new Spool({
    maxBytes: 32 * 1024 * 1024,
    maxAge: 3_600_000,
    keep: 60_000,
    now: () => performance.now(),
    count(outcome, points) {
      counts[outcome] += points;
    },
  });
  const connection = new Connection({
    host: '127.0.0.1',
    port,
    spool,
    log: (line) => lines.push(line),
    // The machine may be busy: only what a test is about is short.
    deadlines: { ...DEADLINES, connect: 60_000, ...deadlines },
  });
  t.teardown(() => connection.close(AbortSignal.abort()));
  const send = (text: string) => {
    spool.add({ text, points: 1 }, 1000);
    connection.wake();
  };
  return { counts, lines, spool, connection, send };
}

/** What one connection brought, and how it ended. */
interface Heard {
  text: string;
  end: 'open' | 'ended' | 'reset';
}

/** A peer that keeps its connections apart; `onHeard` is called after each piece. */
async function listener(
  t: ExecutionContext,
  onHeard: (heard: Heard, index: number) => 'reset' | undefined = () => undefined,
) {
  const all: Heard[] = [];
  const { port, url } = await peer(t, 0, (socket, index) => {
    const heard: Heard = { text: '', end: 'open' };
    all.push(heard);
    socket.once('end', () => {
      heard.end = 'ended';
    });
    socket.once('error', () => {
      heard.end = 'reset';
    });
    socket.setEncoding('latin1').on('data', (data: string) => {
      heard.text += data;
      if (onHeard(heard, index) === 'reset') socket.resetAndDestroy();
    });
  });
  return { all, port, url, text: () => all.map(({ text }) => text).join('') };
}

const wide: Entry[] = Array.from({ length: 5000 }, (_, i) => [DEPTH, i, { i }]);

test.serial(
  'a peer that reads slowly gets every line once and in order, and what waits for it is bounded',
  async (t) => {
    let text = '';
    const { url } = await peer(t, 0, (socket) => {
      socket.setEncoding('latin1').on('data', (data: string) => {
        text += data;
        socket.pause();
        setTimeout(() => socket.resume(), 5);
      });
    });
    const graphite = await drive(t, { url, spoolBytes: 8_000_000 });
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 20; i++) await graphite.push(interval(1000 + i, wide));
    t.true(process.memoryUsage().arrayBuffers - before < 12_000_000);
    await graphite.close(45_000);
    await becomes(() => text.split('\n').length > 100_000);
    const lines = text.split('\n').slice(0, -1);
    t.is(lines.length, 100_000);
    t.is(new Set(lines).size, 100_000);
    const times = lines.map((line) => Number(line.split(' ')[2]));
    t.true(times.every((time, i) => i === 0 || time >= times[i - 1]!));
    t.deepEqual(graphite.counts, { sent: 100_000, failed: 0, dropped: 0, unknown: 0, spooled: 0 });
  },
);

for (const cut of [1, 37, 16_384, 20_001]) {
  test.serial(
    `a break after ${cut} bytes leaves no half line, and everything is sent again from its beginning`,
    async (t) => {
      const { all, url } = await listener(t, ({ text }, index) =>
        index === 0 && text.length >= cut ? 'reset' : undefined,
      );
      const graphite = await drive(t, { url });
      await graphite.push(interval(1000, wide.slice(0, 1000)));
      await becomes(() => all.length > 1);
      await graphite.close(20_000);
      await becomes(() => all.at(-1)!.end === 'ended');
      const wanted = new Set(
        wide.slice(0, 1000).map((_, i) => `queue.depth;host=web1;i=${i};instance=7;service=shop ${i} 1000`),
      );
      const complete = all.flatMap(({ text }) => text.split('\n').slice(0, -1));
      t.deepEqual(new Set(complete), wanted);
      t.is(all.at(-1)!.text.split('\n').length - 1, 1000, 'the last connection has all of it');
      t.is(graphite.counts.sent, 1000);
    },
  );
}

test.serial('what was read before the connection broke comes again, and nothing counts twice', async (t) => {
  const { all, port } = await listener(t, ({ text }, index) =>
    index === 0 && text.endsWith('third 3 3\n') ? 'reset' : undefined,
  );
  const { send, counts } = open(t, port, {});
  for (const line of ['first 1 1\n', 'second 2 2\n', 'third 3 3\n']) {
    send(line);
    await becomes(() => all.some(({ text }) => text.includes(line)));
  }
  await becomes(() => all[1]?.text.endsWith('third 3 3\n') === true);
  t.deepEqual(
    all.map(({ text }) => text),
    ['first 1 1\nsecond 2 2\nthird 3 3\n', 'first 1 1\nsecond 2 2\nthird 3 3\n'],
  );
  t.is(counts.sent, 3);
  t.is(counts.spooled, 0);
});

/** More than any kernel takes for a peer that does not read. */
const TOO_MUCH = `${'x'.repeat(98)} 1\n`.repeat(120_000);

test.serial(
  'what the kernel holds of half a line is taken back when a peer that makes no room is given up',
  async (t) => {
    const all: { socket: Socket; text: string }[] = [];
    const { port } = await peer(t, 0, (socket, index) => {
      const heard = { socket, text: '' };
      all.push(heard);
      if (index === 0) socket.pause();
      else {
        socket.setEncoding('latin1').on('data', (data: string) => {
          heard.text += data;
        });
      }
    });
    const { send, lines, connection } = open(t, port, { write: 1000 });
    send(TOO_MUCH);
    await becomes(() => lines.length > 0);
    t.regex(lines[0]!, /no sign of reading in 1 s/);
    t.true(await isReset(all[0]!.socket));
    await connection.close(AbortSignal.timeout(40_000));
    await becomes(() => all.at(-1)!.text.length === TOO_MUCH.length);
    t.true(all.length > 1 && all.at(-1)!.text === TOO_MUCH);
  },
);

test.serial('closing in time with half a line on its way takes it back as well', async (t) => {
  const { port, sockets } = await peer(t, 0, (socket) => socket.pause());
  const { send, connection, counts } = open(t, port, {});
  send(TOO_MUCH);
  await becomes(() => sockets.size > 0);
  await connection.close(AbortSignal.timeout(200));
  t.true(await isReset([...sockets].at(-1)!));
  t.is(counts.sent, 0);
});

test.serial('a connection that is not accepted is given up at its deadline', async (t) => {
  // One that listens and whose thread is blocked: once its backlog is full, the kernel answers nothing.
  const code = `
    const { parentPort } = require('node:worker_threads');
    const server = require('node:net').createServer().listen(0, '127.0.0.1', 1, () => {
      parentPort.postMessage(server.address().port);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const worker = new Worker(code, { eval: true });
  t.teardown(() => worker.terminate());
  const [port] = (await once(worker, 'message')) as [number];
  const fillers = Array.from({ length: 4 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  t.teardown(() => fillers.map((socket) => socket.destroy()));
  await sleep(100);
  const { send, lines, counts } = open(t, port, { connect: 200 });
  send('a 1 1\n');
  await becomes(() => lines.length > 0);
  t.regex(lines[0]!, /no sign of connecting in 0\.2 s/);
  t.deepEqual([counts.sent, counts.spooled], [0, 1]);
});

test.serial(
  'a peer that does not end its side has not read: what it was sent goes to the next connection',
  async (t) => {
    const texts: string[] = [];
    const { port } = await peer(
      t,
      0,
      (socket, index) => {
        texts.push('');
        socket.on('data', (data) => {
          texts[index] = `${texts[index]}${data}`;
        });
        if (index > 0) socket.once('end', () => socket.end());
      },
      { allowHalfOpen: true },
    );
    const { send, lines, counts } = open(t, port, { rotate: 100, confirm: 200 });
    send('a 1 1\n');
    await becomes(() => texts[1] !== undefined && texts[1] !== '');
    t.regex(lines[0]!, /no sign of reading in 0\.2 s/);
    t.deepEqual(texts.slice(0, 2), ['a 1 1\n', 'a 1 1\n']);
    t.is(counts.sent, 1);
  },
);

test.serial('a connection is ended after its time and made anew, and nothing is said or sent twice', async (t) => {
  const { all, port, text } = await listener(t);
  const { send, lines, counts } = open(t, port, { rotate: 50 });
  for (let i = 0; i < 20; i++) {
    send(`a ${i} ${i}\n`);
    await sleep(20);
  }
  await becomes(() => text().endsWith('a 19 19\n'));
  t.true(all.length >= 3, `${all.length} connections`);
  t.true(all.slice(0, -1).every(({ end }) => end === 'ended'));
  t.is(text(), Array.from({ length: 20 }, (_, i) => `a ${i} ${i}\n`).join(''));
  t.deepEqual(lines, []);
  t.deepEqual([counts.sent, counts.failed], [20, 0]);
});
