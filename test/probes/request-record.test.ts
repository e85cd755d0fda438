import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { Server } from 'node:http';
import test, { type ExecutionContext } from 'ava';
import { SLOTS } from '../../src/store/layout.ts';
import { close, dial, head, listen } from '../support/connect.ts';
import { Probed } from '../support/probed.ts';
import { createTrafficServer, type Habit, habits, heavyHabits, plainHabits } from '../support/traffic.ts';

const DURATION = 'http.server.request.duration';
const ABORTED = 'loadline.http.aborted';

/** Counts what Node itself says of the requests that begin. */
function countStarts(t: ExecutionContext): () => number {
  let starts = 0;
  const onStart = () => {
    starts += 1;
  };
  subscribe('http.server.request.start', onStart);
  t.teardown(() => unsubscribe('http.server.request.start', onStart));
  return () => starts;
}

async function open(t: ExecutionContext, server: Server) {
  const starts = countStarts(t);
  const probed = new Probed();
  const port = await listen(server);
  t.teardown(async () => {
    await close(server);
    probed.stop();
    if (probed.warnings.length > 0) throw new Error(probed.warnings.join());
  });
  return { port, probed, starts };
}

function balanced(t: ExecutionContext, probed: Probed, starts: number) {
  t.is(probed.active, 0);
  t.is(probed.inProgress, 0);
  t.deepEqual(probed.reader.inFlight(), []);
  t.is(probed.total(DURATION), starts, 'all that started ended once');
  const aborted = probed.points(DURATION, { 'error.type': 'aborted' });
  t.is(probed.total(DURATION, { 'error.type': 'aborted' }), probed.total(ABORTED));
  t.false(aborted.some(({ attributes }) => 'http.response.status_code' in attributes));
  const ratio = probed.busySeconds / probed.seconds(DURATION);
  t.true(Math.abs(ratio - 1) < 0.02, `busy time is ${ratio} of the sum of durations`);
}

/** Acts out `each` habit `times` times, `atOnce` at a time; returns what each route must show. */
async function actOut(port: number, each: readonly Habit[], times: number, atOnce: number) {
  const queue = Array.from({ length: times }, () => each).flat();
  const work = async () => {
    for (let habit = queue.pop(); habit; habit = queue.pop()) await habit.act(port);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const expected = new Map<string, { finished: number; aborted: number; either: number }>();
  for (const habit of each) {
    for (const end of ['finished', 'aborted', 'either'] as const) {
      for (const [route, count] of Object.entries(habit[end] ?? {})) {
        const sums = expected.get(route) ?? { finished: 0, aborted: 0, either: 0 };
        sums[end] += count * times;
        expected.set(route, sums);
      }
    }
  }
  return expected;
}

function matches(t: ExecutionContext, probed: Probed, expected: Awaited<ReturnType<typeof actOut>>) {
  for (const [route, { finished, aborted, either }] of expected) {
    const match = { 'http.route': route === 'none' ? undefined! : route };
    const foundAborted = probed.total(ABORTED, match);
    const foundFinished = probed.total(DURATION, match) - foundAborted;
    const what = `${route}: ${foundFinished} finished of ${finished}, ${foundAborted} aborted of ${aborted}`;
    t.true(foundFinished >= finished && foundFinished <= finished + either, what);
    t.true(foundAborted >= aborted && foundAborted <= aborted + either, what);
  }
}

test.serial('10,000 requests of every kind: the books balance', async (t) => {
  const server = createTrafficServer();
  const { port, probed, starts } = await open(t, server);
  const expected = await actOut(port, habits, 380, 40);
  t.true(await probed.idle(), `${probed.active} requests never ended`);
  t.true(starts() > 10_000, `${starts()} requests`);
  balanced(t, probed, starts());
  matches(t, probed, expected);
});

test.serial('large answers that are dropped, and apps that remove every listener: the books balance', async (t) => {
  const server = createTrafficServer();
  const { port, probed, starts } = await open(t, server);
  const expected = await actOut(port, heavyHabits, 12, 4);
  t.true(await probed.idle(), `${probed.active} requests never ended`);
  balanced(t, probed, starts());
  matches(t, probed, expected);
});

test.serial('upgrades and tunnels that nobody takes, requests beyond what a socket may have', async (t) => {
  const server = createTrafficServer({ plain: true });
  const { port, probed, starts } = await open(t, server);
  const expected = await actOut(port, plainHabits, 50, 8);
  t.true(await probed.idle(), `${probed.active} requests never ended`);
  balanced(t, probed, starts());
  matches(t, probed, expected);
  t.is(probed.total(DURATION, { 'http.response.status_code': 503 }), 100);
});

test.serial('a server that closes with requests open and connections idle', async (t) => {
  const server = createTrafficServer();
  const { port, probed, starts } = await open(t, server);
  const sockets = await Promise.all(Array.from({ length: 40 }, () => dial(port)));
  sockets.forEach((socket, i) => {
    if (i % 4 !== 3) socket.write(head(`GET ${['/ok', '/later', '/hang'][i % 4]}`));
  });
  t.true(await probed.until(() => probed.total(DURATION) === 20 && probed.active === 10));
  const closed = once(server, 'close');
  server.close();
  t.is(probed.active, 10, 'what is open goes on');
  server.closeAllConnections();
  await closed;
  t.true(await probed.idle());
  t.is(starts(), 30);
  t.is(probed.total(ABORTED), 10);
  balanced(t, probed, 30);
  for (const socket of sockets) socket.destroy();
  server.listen(0);
});

test.serial('more requests in flight than slots: all are counted, the first ones are listed', async (t) => {
  const server = createTrafficServer();
  const { port, probed, starts } = await open(t, server);
  const sockets = await Promise.all(Array.from({ length: 30 }, () => dial(port)));
  const most = SLOTS + 500;
  for (let i = 0; i < most; i++) sockets[i % 30]!.write(head(`GET /hang/${i}`));
  t.true(await probed.until(() => probed.active === most));
  t.is(probed.inProgress, most);
  t.is(probed.reader.inFlight().length, SLOTS);
  for (const socket of sockets) socket.destroy();
  t.true(await probed.idle());
  balanced(t, probed, starts());
  const socket = await dial(port);
  socket.write(head('GET /hang/again'));
  t.true(await probed.until(() => probed.reader.inFlight()[0]?.path === '/hang/again'), 'slots are free again');
  socket.destroy();
});
