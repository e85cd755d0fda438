/** What waits in the kernel is shown as the kernel's own tool shows it, and behind a real front end. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { type App, startApp } from '../support/app.ts';
import { temporaryFolder } from '../support/child.ts';
import { get } from '../support/load.ts';
import type { Metrics } from '../support/metrics-text.ts';
import { need } from '../support/packages.ts';
import { startNginx } from '../support/servers.ts';

/** ms */
const LIMIT = 40_000;

/** Receive and send queue of the socket that listens on a port, by `ss`. */
function ss(port: number): { queue: number; limit: number } {
  const text = execFileSync(need('ss'), ['-Hltn', `sport = :${port}`], { encoding: 'utf8' });
  const [, queue, limit] = text.trim().split(/\s+/);
  return { queue: Number(queue), limit: Number(limit) };
}

/** Blocks the app's loop until the function that it returns is called, or the test is over. */
async function block(t: ExecutionContext, app: App, base = app.url): Promise<() => Promise<void>> {
  const file = join(temporaryFolder('block'), 'over');
  t.teardown(() => writeFileSync(file, ''));
  const answer = get(`${base}/block-until/${encodeURIComponent(file)}`).catch((error: Error) => error);
  const isBlocked = (metrics: Metrics) => metrics.sum('loadline_eventloop_stall_age_seconds') > 0;
  t.true(isBlocked(await until(app, isBlocked)));
  return async () => {
    writeFileSync(file, '');
    await answer;
  };
}

async function until(app: App, isSo: (metrics: Metrics) => boolean): Promise<Metrics> {
  for (const end = Date.now() + LIMIT; ; await sleep(100)) {
    const metrics = await app.metrics();
    if (isSo(metrics) || Date.now() > end) return metrics;
  }
}

test.serial('With the loop blocked and 200 clients connecting, the queue is what ss says at that moment', async (t) => {
  const app = await startApp(t, 'hanging-app');
  const port = { server_port: `${app.port}` };
  const queue = (metrics: Metrics) => metrics.sum('loadline_listen_queue', port);
  const end = await block(t, app);
  const sockets: Socket[] = [];
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
  });
  for (const wanted of [50, 200]) {
    while (sockets.length < wanted) {
      const socket = connect(app.port, '127.0.0.1');
      socket.on('error', () => socket.destroy());
      sockets.push(socket);
    }
    const metrics = await until(app, (found) => queue(found) === ss(app.port).queue && queue(found) === wanted);
    t.is(queue(metrics), ss(app.port).queue);
    t.is(queue(metrics), wanted);
    t.is(metrics.sum('loadline_listen_limit', port), ss(app.port).limit);
    t.is(metrics.sum('loadline_sockets_unread', port), 0);
  }
  await end();
  const after = await until(app, (found) => queue(found) === 0);
  t.deepEqual([queue(after), ss(app.port).queue], [0, 0]);
});

test.serial('Behind nginx with keep-alive, unread sockets show the queue that the listen queue does not', async (t) => {
  const app = await startApp(t, 'hanging-app');
  const port = { server_port: `${app.port}` };
  const nginx = await startNginx(t, { backend: app.port });
  const waiting = (metrics: Metrics) => [
    metrics.sum('loadline_sockets_unread', port),
    metrics.sum('loadline_listen_queue', port),
  ];
  // Ten at a time leave ten connections, of which the block then takes one.
  await Promise.all(Array.from({ length: 10 }, () => get(`${nginx.url}/wait/500`)));
  const end = await block(t, app, nginx.url);
  const nine = Array.from({ length: 9 }, () => get(`${nginx.url}/wait/1`));
  const behind = await until(app, (metrics) => waiting(metrics)[0] === 9);
  t.deepEqual(waiting(behind), [9, 0], 'nine requests wait on connections that exist');
  const five = Array.from({ length: 5 }, () => get(`${nginx.url}/wait/1`));
  const both = await until(app, (metrics) => waiting(metrics)[1] === 5);
  t.deepEqual(waiting(both), [9, 5], 'further ones on new connections, which are not accepted');
  await end();
  const answers = await Promise.all([...nine, ...five]);
  t.true(answers.every(({ status }) => status === 200));
  const after = await until(app, (metrics) => waiting(metrics).every((count) => count === 0));
  t.deepEqual(waiting(after), [0, 0]);
});
