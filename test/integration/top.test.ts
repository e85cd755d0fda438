/** `loadline top` in a real terminal (tmux): what it shows, its keys, and that it gives the terminal back. Package: tmux. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { startFront } from '../../examples/demo/front.ts';
import { SHOP, startLoad } from '../../examples/demo/load.ts';
import { widthOf } from '../../src/cli/top/clean.ts';
import { startApp, startExampleApp } from '../support/app.ts';
import { temporaryFolder } from '../support/child.ts';
import { finding, now, routeRow, startFeed, workerRow } from '../support/feed.ts';
import { get } from '../support/load.ts';
import { freePort } from '../support/ports.ts';
import { startTmux, type Tmux } from '../support/tmux.ts';

const CLI = fileURLToPath(new URL('../../../lib/src/cli/loadline.js', import.meta.url));
const TITLE = /^shop .*\d\d:\d\d:\d\d$/;

function command(...args: string[]): string {
  return [process.execPath, CLI, 'top', ...args].join(' ');
}

function startTop(terminal: Tmux, ...args: string[]): Promise<readonly string[]> {
  return terminal.type(command(...args)).then(() => terminal.until((lines) => TITLE.test(lines[0]!), 'the title'));
}

/** Where a column of a table begins, in its header and in its rows: they have to agree. */
function columnsAgree(t: ExecutionContext, lines: readonly string[], title: string, cell: RegExp): void {
  const header = lines.findIndex((line) => line.split(/ +/).includes(title));
  t.true(header > 0, `no column ${title}:\n${lines.join('\n')}`);
  const at = lines[header]!.indexOf(title);
  t.regex(lines[header + 1]!.slice(at), cell, `${title} of the first row:\n${lines.join('\n')}`);
}

for (const [columns, rows] of [
  [80, 24],
  [200, 50],
] as const) {
  test.serial(
    `${columns}×${rows} shows a real app under load: everything in its column, nothing wrapped or cut`,
    async (t) => {
      const app = await startExampleApp(t, 'shop', { OTEL_SERVICE_NAME: 'shop' });
      const front = await startFront({ target: app.url });
      t.teardown(() => front.close());
      const load = startLoad(front.url, 40, SHOP);
      t.teardown(() => load.stop(0));
      const terminal = await startTmux(t, columns, rows);
      await startTop(terminal, `127.0.0.1:${app.metricsPort}`);
      const isWhole = (_: readonly string[], text: string) => /\d+ms +\d.* GET \/api\/products\/:id$/m.test(text);
      const lines = await terminal.until(isWhole, 'a route with its numbers');
      t.is(lines.length, rows);
      t.regex(
        lines[0]!,
        new RegExp(`^shop  loadline \\S+  node v\\S+  host \\S+  pid ${app.pid}  up \\S+ +\\d\\d:\\d\\d:\\d\\d$`),
      );
      t.is(lines[0]!.length, columns, 'the clock is at the right end');
      for (const vital of ['Event loop', 'CPU', 'Memory', 'Thread pool', 'Queue time', 'Backlog']) {
        t.is(lines.filter((line) => line.includes(`${vital} `)).length >= 1, true, vital);
      }
      t.true(
        lines.some((line) =>
          /^ {3}rate \S+\/s {2}failed \S+\/s {2}in flight \d+ {2}p50 \S+ {2}p99 \S+ {2}queue \S+$/.test(line),
        ),
      );
      t.deepEqual(
        lines.filter((line) => line.endsWith('~') && !/WHAT|blocked|flight/.test(line)),
        [],
        'nothing is cut off',
      );
      columnsAgree(t, lines, 'STATE', /^running$/);
      columnsAgree(t, lines, 'ROUTE', /^(GET|POST) [/(]/);
      columnsAgree(t, lines, 'WORKER', new RegExp(`^main +${app.pid} +\\d`));
      if (columns === 200) columnsAgree(t, lines, 'NATURE', /^(-|cpu|waiting) /);
      await terminal.press('4');
      await terminal.until((_, text) =>
        /AGE WORKER PHASE {3}REQUEST\n( +\S+ main {3}(receive|handle|send) {1,4}\S.*|nothing)/.test(text),
      );
    },
  );
}

test.serial('While the app hangs it goes on, and says so; when it is over the finding stays', async (t) => {
  const app = await startApp(t, 'hanging-app', { OTEL_SERVICE_NAME: 'shop' });
  const terminal = await startTmux(t, 120, 30);
  await startTop(terminal, `${app.metricsPort}`);
  const file = join(temporaryFolder('block'), 'over');
  t.teardown(() => writeFileSync(file, ''));
  const answer = get(`${app.url}/block-until/${encodeURIComponent(file)}`).catch((error: Error) => error);
  const hung = await terminal.until((_, text) => /^main .* stalled$/m.test(text), 'a stalled worker');
  const later = await terminal.until(([title]) => title!.slice(-8) !== hung[0]!.slice(-8), 'the clock goes on');
  t.true(
    later.some((line) => / now +main .*event loop blocked/.test(line)),
    later.join('\n'),
  );
  await terminal.press('4');
  await terminal.until((_, text) => /main +handle +GET \/block-until/.test(text), 'the request that does it');
  writeFileSync(file, '');
  await answer;
  await terminal.press('3');
  await terminal.until((_, text) => / over main .*event loop blocked for/.test(text), 'the finding is over');
  await terminal.press('1');
  await terminal.until((_, text) => /^main .* running$/m.test(text));
});

test.serial('Keys choose views, sort, scroll, pause and help', async (t) => {
  const routes = Array.from({ length: 40 }, (_, i) =>
    routeRow({ id: `r${i}`, route: `/r${i}`, rate: 100 - i, p99: i / 10 }),
  );
  const feed = await startFeed(t, { now: now({ routes }), findings: [finding()] });
  const terminal = await startTmux(t, 80, 24);
  await startTop(terminal, feed.url, '--interval', '0.3');
  const firstRoute = (name: string) => (lines: readonly string[]) =>
    lines[lines.findIndex((line) => line.startsWith('RATE/S')) + 1]?.endsWith(` GET ${name}`) === true;
  await terminal.until(firstRoute('/r0'));
  await terminal.press('2');
  await terminal.until((_, text) => !text.includes('WORKER'), 'routes only');
  await terminal.press('Down', 'Down');
  await terminal.until(firstRoute('/r2'));
  await terminal.press('End');
  const end = await terminal.until(firstRoute('/r27'));
  t.true(end.at(-1)!.endsWith('/r39'));
  await terminal.press('PageUp');
  await terminal.until(firstRoute('/r14'));
  await terminal.press('Home', 'p');
  await terminal.until(firstRoute('/r39'));
  await terminal.press('p');
  await terminal.until(firstRoute('/r0'));
  await terminal.press('Tab');
  await terminal.until((_, text) => text.includes('SEVERITY') && !text.includes('RATE/S'), 'findings');
  await terminal.press('?');
  await terminal.until((_, text) => text.includes('Any key goes back.'));
  await terminal.press('x', 'Space');
  await terminal.until((lines) => lines.at(-1) === 'PAUSED  space goes on');
  feed.answers.now = now({ routes: [], service: 'shop2' });
  const asked = feed.asked.length;
  await sleep(1000);
  t.true(feed.asked.length <= asked + 2, 'nothing is asked');
  t.regex((await terminal.screen())[0]!, TITLE, 'and nothing changes');
  await terminal.press('Space');
  await terminal.until(([title]) => title!.startsWith('shop2 '));
});

test.serial('It follows the size of the terminal, also to sizes that make no sense', async (t) => {
  const feed = await startFeed(t);
  const terminal = await startTmux(t, 80, 24);
  await startTop(terminal, feed.url);
  for (const [columns, rows] of [
    [200, 50],
    [20, 5],
    [1, 1],
    [300, 100],
    [80, 24],
  ] as const) {
    await terminal.resize(columns, rows);
    const isDrawn = ([first = '']: readonly string[]) =>
      columns < 80 || (TITLE.test(first) && first.length === columns);
    const lines = await terminal.until((all) => all.length === rows && isDrawn(all), `${columns}×${rows}`);
    t.true(lines.every((line) => widthOf(line) <= columns));
  }
});

test.serial(
  'What an app calls itself and its routes moves nothing on the terminal; wide signs shift no column',
  async (t) => {
    const evil = '\x1b[2J\x1b[H\x1b]0;owned\x07\x1b]2;owned\x1b\\\x9b31m\r\n\u202e\x1b[?1049l';
    const routes = ['/漢字/:id', `/${evil}`, '/🚢/z\u0301\u0301', '/ok'].map((route, i) =>
      routeRow({ id: `r${i}`, route, rate: 9 - i }),
    );
    const feed = await startFeed(t, {
      now: now({
        service: `shop${evil}`,
        host: evil,
        routes,
        workers: [workerRow({ worker: evil }), workerRow({ worker: '2' })],
      }),
      findings: [finding({ title: evil, worker: evil, until: null })],
    });
    const terminal = await startTmux(t, 80, 24);
    const title = await terminal.state('pane_title');
    await terminal.type(command(feed.url));
    const lines = await terminal.until((_, text) => text.includes('GET /ok'));
    t.is(await terminal.state('pane_title'), title);
    t.is(await terminal.state('alternate_on'), '1');
    t.is(lines.length, 24);
    const header = lines.findIndex((line) => line.startsWith('RATE/S'));
    t.deepEqual(
      lines.slice(header + 1, header + 5).map((line) => line.slice(lines[header]!.indexOf('ROUTE'))),
      ['GET /漢字/:id', 'GET /?[2J?[H?]0;owned??]2;owned~', 'GET /🚢/ź', 'GET /ok'],
    );
  },
);

/** The shell's prompt, the terminal as before, and what the shell says of the exit code. */
async function isRestored(t: ExecutionContext, terminal: Tmux, code: RegExp): Promise<void> {
  await terminal.until((lines) => lines.filter((line) => line !== '').at(-1) === '$', 'the prompt');
  await terminal.type('echo "code $?"; stty -a | grep -o "[-]*icanon\\|[-]*echo "');
  const lines = await terminal.until((_, text) => /^code \d+\n(?:.*\n)*.*echo/m.test(text), 'the shell');
  t.regex(lines.join('\n'), code);
  t.regex(lines.join('\n'), /^icanon\necho$/m);
  t.is(await terminal.state('alternate_on'), '0');
  t.is(await terminal.state('cursor_flag'), '1');
  t.is(await terminal.state('wrap_flag'), '1');
}

const waysToEnd: [how: string, end: (terminal: Tmux, pid: () => Promise<number>) => Promise<void>, code: RegExp][] = [
  ['q', (terminal) => terminal.press('q'), /^code 0$/m],
  ['Ctrl-C', (terminal) => terminal.press('C-c'), /^code 0$/m],
  ['SIGTERM', async (_, pid) => void process.kill(await pid(), 'SIGTERM'), /^code 143$/m],
  ['SIGINT', async (_, pid) => void process.kill(await pid(), 'SIGINT'), /^code 130$/m],
];

for (const [how, end, code] of waysToEnd) {
  test.serial(`After ${how} the terminal is as it was`, async (t) => {
    const feed = await startFeed(t);
    const terminal = await startTmux(t, 80, 24);
    const pidFile = join(temporaryFolder('top'), 'pid');
    // The shell that becomes the program tells its number.
    await terminal.type(`sh -c 'echo $$ > ${pidFile}; exec ${command(feed.url)}'`);
    await terminal.until((lines) => TITLE.test(lines[0]!));
    t.is(await terminal.state('alternate_on'), '1');
    await end(terminal, async () => Number(readFileSync(pidFile, 'utf8')));
    await terminal.until((_, text) => !text.includes('Event loop'), 'the shell again');
    await isRestored(t, terminal, code);
  });
}

test.serial('After an error that nobody caught the terminal is as it was, and shows it', async (t) => {
  const feed = await startFeed(t);
  const terminal = await startTmux(t, 80, 24);
  const file = join(temporaryFolder('top'), 'throws.cjs');
  writeFileSync(file, 'setTimeout(() => { throw new Error("boom"); }, 3000);');
  await terminal.type(`NODE_OPTIONS='--require ${file}' ${command(feed.url)}`);
  await terminal.until((lines) => TITLE.test(lines[0]!));
  await terminal.until((_, text) => /Error: boom/.test(text), 'the error');
  await isRestored(t, terminal, /^code 1$/m);
});

test.serial('Ctrl-Z gives the terminal to the shell, fg gives it back', async (t) => {
  const feed = await startFeed(t);
  const terminal = await startTmux(t, 80, 24);
  await startTop(terminal, feed.url);
  await terminal.press('C-z');
  await terminal.until((_, text) => /Stopped/.test(text), 'stopped');
  await isRestored(t, terminal, /^code \d+$/m);
  await terminal.type('clear; fg');
  await terminal.until((lines) => TITLE.test(lines[0]!), 'the screen again');
  t.is(await terminal.state('alternate_on'), '1');
  await terminal.press('2');
  await terminal.until((_, text) => !text.includes('WORKER'), 'keys work');
  await terminal.press('C-z');
  await terminal.until((_, text) => /Stopped/.test(text), 'stopped again');
  await terminal.type('fg');
  await terminal.until((lines) => TITLE.test(lines[0]!));
  await terminal.press('q');
  await terminal.until((_, text) => !text.includes('Event loop'));
  await isRestored(t, terminal, /^code 0$/m);
});

test.serial('While nothing changes nothing is written, and one number that changes is one line', async (t) => {
  const feed = await startFeed(t);
  const terminal = await startTmux(t, 80, 24);
  await startTop(terminal, feed.url, '--interval', '0.2');
  const file = join(temporaryFolder('top'), 'written');
  writeFileSync(file, '');
  await terminal.record(file);
  const asked = feed.asked.length;
  while (feed.asked.length < asked + 10) await sleep(50);
  t.is(readFileSync(file, 'utf8'), '');
  feed.answers.now = now({
    routes: [
      routeRow({ rate: 77 }),
      routeRow({ id: 'r2', method: 'POST', route: '/orders', rate: 5, p99: 1.2, errors: 0.5 }),
    ],
  });
  await terminal.until((_, text) => /^ +77 .*items/m.test(text));
  // What tmux shows is in the file a moment later.
  while (!readFileSync(file, 'utf8').includes(' 77 ')) await sleep(50);
  const written = readFileSync(file, 'utf8');
  t.is(written.match(/;1H/g)?.length, 1, JSON.stringify(written));
});

test.serial('Without an app it says in one line what to do, and shows the app when it comes', async (t) => {
  const port = await freePort();
  const terminal = await startTmux(t, 80, 24);
  await terminal.type(command(`${port}`, '--interval', '0.3'));
  const lines = await terminal.until((_, text) => text.includes('nothing listens on'));
  t.regex(
    lines.join(' '),
    /nothing listens on http:\/\/127\.0\.0\.1:\d+: start an app with "npx loadline app\.js", or give its address/,
  );
  const app = await startApp(t, 'hanging-app', { OTEL_SERVICE_NAME: 'shop', OTEL_EXPORTER_PROMETHEUS_PORT: `${port}` });
  await terminal.until(([title]) => TITLE.test(title!), 'the app');
  await app.stop();
  const left = await terminal.until((all) => all.some((line) => line.startsWith('No answer for')), 'it is gone');
  t.regex(left[0]!, TITLE, 'what was known stays');
});

test.serial('NO_COLOR takes colours away, a dumb terminal gets plain lines', async (t) => {
  const feed = await startFeed(t);
  const colours = async (env: NodeJS.ProcessEnv) => {
    const terminal = await startTmux(t, 80, 24, env);
    await startTop(terminal, feed.url);
    return (await terminal.screen('colours')).join('\n');
  };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for.
  const COLOUR = /\x1b\[(?:\d+;)*3[1-7]m/;
  t.regex(await colours({}), COLOUR);
  const without = await colours({ NO_COLOR: '1' });
  t.notRegex(without, COLOUR);
  t.true(without.includes('!!'), 'the states are in signs, too');
  const terminal = await startTmux(t, 80, 24);
  await terminal.type(`TERM=dumb ${command(feed.url, '--interval', '60')}`);
  await terminal.until((_, text) => text.includes('POST /orders'));
  t.is(await terminal.state('alternate_on'), '0');
});
