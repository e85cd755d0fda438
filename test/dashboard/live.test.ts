import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { BACKLOG, eventText, Live, STREAMS } from '../../src/dashboard/live.ts';
import type { GuardedHandler } from '../../src/reporter/answer.ts';
import { closed, open, run } from '../reporter/running-server.ts';

interface Stage {
  readonly live: Live;
  readonly url: string;
  readonly port: number;
  greeted: number;
}

async function stage(t: ExecutionContext, greet = async () => eventText('now', 'hello')): Promise<Stage> {
  const all: Stage = { live: undefined as never, url: '', port: 0, greeted: 0 };
  const live = new Live(() => {
    all.greeted++;
    return greet();
  });
  const handler: GuardedHandler = (request, response, { lift }) => live.open(request, response, lift);
  const { url, port } = await run(t, { guarded: { '/live': handler }, limits: { answerTimeout: 300 } });
  return Object.assign(all, { live, url, port });
}

/** Asks for a stream; `text()` is what came. */
function listen(t: ExecutionContext, port: number): { readonly socket: Socket; text(): string } {
  const socket = open(t, port);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.write('GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n');
  return { socket, text: () => text };
}

async function until(wanted: () => boolean, why: string): Promise<void> {
  for (let i = 0; i < 1500; i++) {
    if (wanted()) return;
    await sleep(10);
  }
  throw new Error(`waited in vain: ${why}`);
}

test('a stream begins with what holds, goes on with what comes, and outlives the limit of an answer', async (t) => {
  const { live, port } = await stage(t);
  t.false(live.isHeard);
  live.tell(eventText('now', 'nobody hears this'));
  const page = listen(t, port);
  await until(() => page.text().includes('hello'), 'the greeting');
  t.regex(page.text(), /^HTTP\/1\.1 200 OK\r\n/);
  t.regex(page.text(), /content-type: text\/event-stream/i);
  t.regex(page.text(), /cache-control: no-store/i);
  t.true(live.isHeard);
  await sleep(600);
  live.tell(eventText('point', { text: '</script>\n\r\u2028', values: [1, null] }));
  await until(() => page.text().includes('event: point'), 'the point');
  const [, data] = /event: point\ndata: (.*)\n\n/.exec(page.text())!;
  t.deepEqual(JSON.parse(data!), { text: '</script>\n\r\u2028', values: [1, null] });
  t.false(/[<\u2028\r]/.test(data!));
  t.false(page.text().includes('nobody'));
  page.socket.destroy();
  await until(() => !live.isHeard, 'the end');
});

test('all pages are told the same, however large it is', async (t) => {
  const { live, port } = await stage(t);
  const pages = Array.from({ length: 3 }, () => listen(t, port));
  await until(() => live.size === 3 && pages.every((page) => page.text().includes('hello')), 'three streams');
  live.tell(eventText('findings', 'x'.repeat(2 * BACKLOG)));
  await until(() => pages.every((page) => page.text().length > 2 * BACKLOG), 'three tellings');
  live.tell(eventText('now', 'after'));
  await until(() => pages.every((page) => page.text().slice(-100).includes('after')), 'the last word');
  t.is(live.size, 3);
});

test('a page that does not read is let go of, and the others stay', async (t) => {
  const { live, port } = await stage(t);
  const reader = listen(t, port);
  const deaf = open(t, port);
  deaf.pause();
  deaf.write('GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await until(() => live.size === 2 && reader.text().includes('hello'), 'two streams');
  const large = 'x'.repeat(200_000);
  for (let told = 0; told < 500 && live.size === 2; told++) {
    live.tell(eventText('now', large));
    await sleep(5);
  }
  t.is(live.size, 1);
  live.tell(eventText('now', 'still here'));
  await until(() => reader.text().slice(-100).includes('still here'), 'the other stream');
});

test('there are so many streams and no more, and a place that is free is given away', async (t) => {
  const { live, url, port } = await stage(t);
  const pages = Array.from({ length: STREAMS }, () => listen(t, port));
  await until(() => pages.every((page) => page.text().includes('hello')), 'all streams');
  const refused = await fetch(`${url}/live`);
  t.is(refused.status, 503);
  t.regex(await refused.text(), /^32 pages are open already: close one\n$/);
  t.is(refused.headers.get('retry-after'), '10');
  pages[0]!.socket.destroy();
  await until(() => live.size === STREAMS - 1, 'a free place');
  const late = listen(t, port);
  await until(() => late.text().includes('hello'), 'the last stream');
});

test('places are counted while pages are greeted, too', async (t) => {
  let letGo = () => {};
  const wait = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const { live, url, port } = await stage(t, async () => {
    await wait;
    return eventText('now', 'hello');
  });
  const pages = Array.from({ length: STREAMS }, () => listen(t, port));
  await until(() => live.size === STREAMS, 'all are waiting');
  t.is((await fetch(`${url}/live`)).status, 503);
  for (const page of pages) page.socket.destroy();
  await sleep(50);
  letGo();
  await until(() => live.size === 0, 'all are gone');
});

test('a greeting that fails ends its stream and keeps no place', async (t) => {
  const { live, port } = await stage(t, async () => {
    throw new Error('no');
  });
  const { socket } = listen(t, port);
  await closed(socket);
  t.is(live.size, 0);
});

test('HEAD has no stream, other methods have none either', async (t) => {
  const { url, live } = await stage(t);
  const head = await fetch(`${url}/live`, { method: 'HEAD' });
  t.deepEqual([head.status, head.headers.get('content-type')], [200, 'text/event-stream; charset=utf-8']);
  t.is((await fetch(`${url}/live`, { method: 'DELETE' })).status, 405);
  t.is(live.size, 0);
});

test('close ends all streams, and those that were about to begin', async (t) => {
  let letGo = () => {};
  const all = await stage(t, async () => {
    if (all.greeted > 1)
      await new Promise<void>((resolve) => {
        letGo = resolve;
      });
    return eventText('now', 'hello');
  });
  const first = listen(t, all.port);
  await until(() => first.text().includes('hello'), 'the first stream');
  const second = listen(t, all.port);
  await until(() => all.greeted === 2, 'the second stream');
  all.live.close();
  letGo();
  await Promise.all([closed(first.socket), closed(second.socket)]);
  await until(() => all.live.size === 0, 'no place kept');
  t.pass();
});
