/** `loadline top` where the output is no terminal. */
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { finding, now, routeRow, startFeed } from '../../support/feed.ts';
import { freePort } from '../../support/ports.ts';
import { CLI, type Ended, loadline, start } from '../command.ts';

const TOKEN = 'c2VjcmV0LXRva2Vu';

async function top(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return said(await loadline(['top', ...args]));
}

function said({ code, stdout, stderr }: Ended) {
  return { code, stdout: stdout.toString(), stderr: stderr.toString() };
}

function fails(t: ExecutionContext, { code, stdout, stderr }: ReturnType<typeof said>, why: RegExp): void {
  t.is(code, 1);
  t.is(stdout, '');
  t.regex(stderr, why);
  t.regex(stderr, /^loadline: [^\n]+\n$/, 'one line');
}

test('--once prints one block of plain lines and ends', async (t) => {
  const feed = await startFeed(t, { findings: [finding()] });
  const { code, stdout, stderr } = await top(feed.url, '--once');
  t.is(code, 0);
  t.is(stderr, '');
  t.regex(stdout, /^shop {2}loadline 0\.1\.0 .*\n!! At the limit\. CPU: 0\.98 of 1 cores\.\n/);
  for (const part of ['GET /items/:id\n', 'POST /orders\n', ' running\n', 'in buildRevisionGraph (graph.js:36:9)\n']) {
    t.true(stdout.includes(part), part);
  }
  t.regex(stdout, /^[\n -~]+$/, 'nothing but plain text');
  t.notRegex(stdout, / \n/, 'no blanks at the end of lines');
});

test('-n 2 prints two blocks, an interval apart, with an empty line between', async (t) => {
  const feed = await startFeed(t);
  const began = performance.now();
  const { code, stdout } = await top(feed.url, '-n', '2', '--interval', '0.5');
  t.is(code, 0);
  t.is(stdout.match(/^shop /gm)?.length, 2);
  t.true(stdout.includes('\n\nshop '));
  t.true(performance.now() - began >= 500);
});

test('--json prints each answer as one line of JSON, requests in flight included', async (t) => {
  const feed = await startFeed(t, { findings: [finding()] });
  const { code, stdout } = await top(feed.url, '--json', '-n', '2', '-i', '0.2');
  t.is(code, 0);
  const answers = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.is(answers.length, 2);
  t.deepEqual(answers[0], { now: feed.answers.now, findings: [finding()], requests: feed.answers.requests });
});

test('The token is sent as bearer token, and to nobody that the app points to', async (t) => {
  const other = await startFeed(t);
  const feed = await startFeed(t);
  const env = { LOADLINE_TOKEN: TOKEN };
  t.is((await loadline(['top', feed.url, '--once'], { env })).code, 0);
  t.deepEqual([...feed.asked].sort(), [`/findings Bearer ${TOKEN}`, `/now Bearer ${TOKEN}`]);
  feed.answers.instead = (path, response) => {
    response.writeHead(302, { location: other.url + path }).end();
    return true;
  };
  fails(t, said(await loadline(['top', feed.url, '--once'], { env })), /status 302/);
  t.deepEqual(other.asked, []);
});

test('Every way in which there is no answer is one line with the remedy, and exit code 1', async (t) => {
  fails(
    t,
    await top(`${await freePort()}`, '--once'),
    /nothing listens on .*: start an app with "npx loadline app\.js"/,
  );
  fails(t, await top(`localhost:${await freePort()}`, '--once'), /nothing listens on /);
  const feed = await startFeed(t);
  const answer = (status: number, text: string) => {
    feed.answers.instead = (_path, response) => {
      response.writeHead(status).end(text);
      return true;
    };
    return top(feed.url, '--once');
  };
  fails(t, await answer(401, 'no'), /wants a token: set LOADLINE_TOKEN/);
  fails(t, await answer(403, 'set LOADLINE_TOKEN\nand \x1b[31mmore'), /refuses: set LOADLINE_TOKEN\?and \?\[31mmore/);
  fails(t, await answer(404, ''), /has no \/(now|findings): it is not loadline's address/);
  fails(t, await answer(500, ''), /status 500/);
  fails(t, await answer(200, '<html>'), /not answer in JSON/);
  for (const text of ['null', '[]', '{}', '{"verdict":{},"vitals":[]}', '"x"']) {
    fails(t, await answer(200, text), /is not the agent of loadline/);
  }
});

test('An answer that does not come, does not end or is cut off is one line, too', async (t) => {
  const feed = await startFeed(t);
  feed.answers.instead = () => true;
  fails(t, await top(feed.url, '--once'), /does not answer within 3 s/);
  feed.answers.instead = (_path, response) => response.write('{"time":');
  fails(t, await top(feed.url, '--once'), /does not answer within 3 s/);
  feed.answers.instead = (_path, response) => {
    response.writeHead(200, { 'content-length': '1000' }).write('{');
    setTimeout(() => response.destroy(), 20);
    return true;
  };
  fails(t, await top(feed.url, '--once'), /does not answer: /);
});

test('An answer without end is given up, and memory with it', async (t) => {
  const feed = await startFeed(t);
  feed.answers.instead = (_path, response) => {
    const piece = Buffer.alloc(1 << 20, 32);
    const more = () => {
      while (!response.destroyed && response.write(piece));
      if (!response.destroyed) response.once('drain', more);
    };
    more();
    return true;
  };
  fails(t, await top(feed.url, '--once'), /over 32 MB|within 3 s/);
});

test('What an app calls its routes never reaches the output as control characters', async (t) => {
  const evil = '\x1b[2J\x1b]0;owned\x07\x9b31m\r\n\u202e';
  const feed = await startFeed(t, {
    now: now({
      service: evil,
      verdict: { state: 'good', text: evil },
      routes: [routeRow({ route: `/${evil}`, method: evil })],
    }),
    findings: [finding({ title: evil, worker: evil })],
  });
  for (const LC_ALL of ['C', 'C.UTF-8']) {
    const { code, stdout } = await loadline(['top', feed.url, '--once'], { env: { LC_ALL } });
    t.is(code, 0);
    t.regex(stdout.toString(), /^[\n -~]+$/);
  }
});

test('Signs of other languages come through where the locale has UTF-8, and only there', async (t) => {
  const feed = await startFeed(t, { now: now({ routes: [routeRow({ route: '/漢字/größe' })] }) });
  const run = async (env: NodeJS.ProcessEnv) =>
    (await loadline(['top', feed.url, '--once'], { env })).stdout.toString();
  t.true((await run({ LC_ALL: 'C.UTF-8' })).includes('GET /漢字/größe\n'));
  t.true((await run({ LC_ALL: '', LC_CTYPE: 'de_DE.utf8' })).includes('größe\n'));
  t.true((await run({ LC_ALL: 'C', LANG: 'C.UTF-8' })).includes('GET /??/gr??e\n'));
});

test('Who reads the first lines and goes ends it, quietly', async (t) => {
  const feed = await startFeed(t);
  const running = start(process.execPath, [CLI, 'top', feed.url, '--interval', '0.2']);
  await running.said('shop');
  running.child.stdout!.destroy();
  const { code, stderr } = await running.ended;
  t.is(code, 0);
  t.is(stderr.toString(), '');
});

test('It goes on each interval until a signal ends it, and ends with 1 when the app does', async (t) => {
  const feed = await startFeed(t);
  const going = start(process.execPath, [CLI, 'top', feed.url, '--interval', '0.2']);
  while (going.output().split('\n\nshop ').length < 3) await sleep(50);
  going.child.kill('SIGTERM');
  t.is((await going.ended).signal, 'SIGTERM');
  const left = start(process.execPath, [CLI, 'top', feed.url, '--interval', '0.2']);
  await left.said('shop');
  feed.server.closeAllConnections();
  feed.server.close();
  const { code, stderr } = await left.ended;
  t.is(code, 1);
  t.regex(stderr.toString(), /^loadline: (nothing listens on|http\S+ does not answer: ).+\n$/);
});

test('A command line that cannot be understood is one line with exit code 2', async (t) => {
  for (const args of [['--frobnicate'], ['a', 'b'], ['-n', 'x'], ['http://']]) {
    const { code, stdout, stderr } = await top(...args);
    t.is(code, 2);
    t.is(stdout, '');
    t.regex(stderr, /^loadline: [^\n]+\n$/);
  }
});
