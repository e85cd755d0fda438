import test from 'ava';
import { frame, type Outcome, report, type Size } from '../../../src/cli/top/frame.ts';
import { lineWidth, paint, textOf } from '../../../src/cli/top/line.ts';
import { press, START, type State } from '../../../src/cli/top/state.ts';
import type { Finding } from '../../../src/reporter/findings.ts';
import { finding, now, routeRow, TIME, workerRow } from '../../support/feed.ts';

const HOSTILE = '\x1b[2J\x1b]0;owned\x07\x9b31m\u202e\n漢字🚢';
const SMALL: Size = { columns: 80, rows: 24 };

function outcome(given: Partial<Outcome> = {}): Outcome {
  const findings = [finding()];
  const requests = { time: TIME, total: 0, requests: [] };
  return {
    known: { now: now(), findings, requests },
    problem: undefined,
    age: 0,
    url: 'http://127.0.0.1:9464',
    ...given,
  };
}

function lines(given: Partial<Outcome> = {}, keys: readonly string[] = [], size: Size = SMALL): string[] {
  return frame(outcome(given), stateAfter(given, keys, size), size, false).lines.map((line) => textOf(line).trimEnd());
}

function stateAfter(given: Partial<Outcome>, keys: readonly string[], size: Size): State {
  return keys.reduce((state, key) => press(state, key, frame(outcome(given), state, size, false).extent), START);
}

/** From the first row of a table to its last one, by how its header begins. */
function table(all: readonly string[], header: RegExp): string[] {
  const begin = all.findIndex((line) => header.test(line)) + 1;
  const rest = all.slice(begin);
  const end = rest.findIndex((line) => line === '' || /^(SEVERITY|no findings|RATE\/S|PAUSED)/.test(line));
  return end < 0 ? rest : rest.slice(0, end);
}

test('80×24 shows who it is, the verdict, each vital, the traffic, workers, routes and findings', (t) => {
  const shown = lines();
  t.is(shown.length, 24);
  t.regex(shown[0]!, /^shop {2}loadline 0\.1\.0 {2}node v20\.20\.2 {2}host web1 {2}pid 4711 {2}up 1h00m +\d\d:29:35$/);
  t.is(shown[1], '!! At the limit. CPU: 0.98 of 1 cores.');
  t.is(shown[2], '   Event loop  [||||||         ] 42 % busy');
  t.is(shown[3], '!! CPU         [|||||||||||||||] 0.98 of 1 cores, held back in 30 % of the time');
  t.is(shown[4], '!  Memory      [||||||||||||   ] 410 MB of 512 MB');
  t.is(shown[5], '   Thread pool                   8 ms to get a thread');
  t.is(shown[6], '?  Queue time                    no request with X-Request-Start');
  t.is(shown[8], '   rate 40/s  failed 0.50/s  in flight 3  p50 12ms  p99 400ms  queue -');
  t.regex(shown[9]!, /^0 all {2}1 workers 1 {2}2 routes 2 {2}3 findings 1 {2}4 requests 0 +\? help {2}q quit$/);
  t.is(shown[10], 'WORKER      PID  LOOP DELAY99   CPU    RSS  HEAP  BUSY     UP STATE');
  t.is(shown[11], 'main       4711   42%    12ms  0.50   123M   50%     3  1h00m running');
  t.is(shown[12], 'RATE/S SHARE    P50    P99 ERR/S LEFT/S CPU/REQ ROUTE');
  t.is(shown[13], '    20   50%   12ms  400ms     0      0   2.0ms GET /items/:id');
  t.is(shown[14], '     5   50%   12ms   1.2s  0.50      0   2.0ms POST /orders');
  t.regex(shown[15]!, /^SEVERITY AT {10}FOR {6}WORKER WHAT$/);
  t.regex(shown[16]!, /^warning {2}\d\d:29:30 {3}2\.0s over main {3}event loop blocked for 2\.0 s in buil.*~$/);
});

test('200×50 has two vitals beside each other, and more columns', (t) => {
  const shown = lines({}, [], { columns: 200, rows: 50 });
  t.is(shown.length, 50);
  t.regex(shown[2]!, /Event loop.*42 % busy +!! CPU .*held back in 30 % of the time$/);
  t.true(shown.some((line) => /HEAP USED HEAP LIMIT/.test(line)));
  t.true(shown.some((line) => /P50 +P90 +P99 .*NATURE +REQUESTS ROUTE$/.test(line)));
  t.true(shown.some((line) => line.endsWith('in buildRevisionGraph (graph.js:36:9)')));
});

test('In any size, with any data, there are as many lines as rows and none is wider than the terminal', (t) => {
  const hostile = {
    now: now({
      service: HOSTILE.repeat(5),
      verdict: { state: 'critical', text: `${HOSTILE} `.repeat(20) },
      vitals: now().vitals.map((vital) => ({ ...vital, label: HOSTILE, text: HOSTILE.repeat(9), used: 99 })),
      workers: Array.from({ length: 40 }, (_, i) => workerRow({ worker: `${HOSTILE}${i}`, pid: 1e9 + i, rss: 1e15 })),
      routes: Array.from({ length: 300 }, (_, i) => routeRow({ route: `/${HOSTILE}${i}`, rate: 1e12, requests: 1e15 })),
    }),
    findings: Array.from({ length: 50 }, (_, id) => finding({ id, title: HOSTILE.repeat(10), worker: HOSTILE })),
    requests: {
      time: TIME,
      total: 9,
      requests: Array(9).fill({
        worker: HOSTILE,
        method: HOSTILE,
        path: HOSTILE,
        route: HOSTILE,
        phase: 'handle',
        age: 1e9,
      }),
    },
  };
  const outcomes = [outcome(), outcome({ known: hostile }), outcome({ known: hostile, problem: HOSTILE.repeat(20) })];
  outcomes.push(outcome({ known: undefined }), outcome({ known: undefined, problem: HOSTILE.repeat(20) }));
  for (const one of outcomes) {
    for (const columns of [1, 2, 5, 10, 20, 39, 40, 79, 80, 81, 109, 110, 120, 168, 200, 251, 500]) {
      for (const rows of [1, 2, 3, 5, 8, 12, 19, 20, 24, 50, 100]) {
        for (const view of ['all', 'workers', 'routes', 'findings', 'requests'] as const) {
          const state = { ...START, view, isHelp: rows === 24 && view === 'routes', isPaused: rows === 12, offset: 3 };
          for (const isAscii of [true, false]) {
            const { lines: found } = frame(one, state, { columns, rows }, isAscii);
            if (found.length !== rows) t.fail(`${columns}×${rows} ${view}: ${found.length} lines`);
            for (const line of found) {
              if (lineWidth(line) > columns)
                t.fail(`${columns}×${rows} ${view}: ${lineWidth(line)} columns: ${textOf(line)}`);
              // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there.
              if (/[\x00-\x1f\x7f-\x9f\u202e]/.test(textOf(line))) t.fail(`raw: ${JSON.stringify(textOf(line))}`);
              if (isAscii && /[^ -~]/.test(textOf(line))) t.fail(`not ASCII: ${textOf(line)}`);
            }
          }
        }
      }
    }
  }
  t.pass();
});

test('Routes are sorted by the key that was pressed, and nothing that is unknown is ahead', (t) => {
  const routes = [
    routeRow({ route: '/a10', rate: 1, p99: null, errors: 2, cpu: 0.1, share: 0.1 }),
    routeRow({ route: '/a9', rate: 3, p99: 0.5, errors: 0, cpu: null, share: 0.2 }),
    routeRow({ route: '/b', rate: 2, p99: 2, errors: 1, cpu: 0.3, share: 0.3 }),
  ];
  const known = { now: now({ routes }), findings: [], requests: undefined };
  const order = (...keys: string[]) =>
    table(lines({ known }, ['2', ...keys]), /^RATE/).map((line) => line.split('/').at(-1));
  t.deepEqual(order(), ['a9', 'b', 'a10']);
  t.deepEqual(order('r'), ['a10', 'b', 'a9']);
  t.deepEqual(order('p'), ['b', 'a9', 'a10']);
  t.deepEqual(order('p', 'p'), ['a9', 'b', 'a10']);
  t.deepEqual(order('e'), ['a10', 'b', 'a9']);
  t.deepEqual(order('c'), ['b', 'a10', 'a9']);
  t.deepEqual(order('s'), ['b', 'a9', 'a10']);
  t.deepEqual(order('n'), ['a9', 'a10', 'b']);
});

test('Workers that do not run come first where there is no room for all, and have their state', (t) => {
  const workers = Array.from({ length: 20 }, (_, i) => workerRow({ worker: `${i + 1}`, utilization: i / 100 }));
  workers[3] = workerRow({ worker: '4', state: 'stalled', utilization: 1 });
  workers[17] = workerRow({ worker: '18', state: 'missing', pid: null, utilization: null, rss: null, cpu: null });
  const known = { now: now({ workers }), findings: [], requests: undefined };
  const rows = table(lines({ known }), /^WORKER/);
  t.regex(rows[0]!, /^4 .* stalled$/);
  t.regex(rows[1]!, /^18 +- +- .* missing$/);
  const all = table(lines({ known }, ['1']), /^WORKER/).map((line) => line.split(' ')[0]);
  t.deepEqual(all, ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12', '13'], 'by number');
  const end = table(lines({ known }, ['1', 'end']), /^WORKER/).map((line) => line.split(' ')[0]);
  t.deepEqual([end[0], end.at(-1)], ['8', '20']);
});

test('Findings that go on come first among the others, as the app tells them on their own', (t) => {
  const findings: Finding[] = [
    finding({ id: 3, title: 'third' }),
    finding({ id: 2, title: 'second', until: null, severity: 'critical', since: TIME - 90_000 }),
    finding({ id: 1, title: 'first' }),
  ];
  const known = { now: now(), findings, requests: undefined };
  const titles = (all: string[]) => table(all, /^SEVERITY/).map((line) => line.split(' ').at(-1));
  t.deepEqual(titles(lines({ known })), ['second', 'third', 'first']);
  t.deepEqual(titles(lines({ known }, ['3'])), ['third', 'second', 'first']);
  t.deepEqual(titles(lines({ known }, ['3', 's'])), ['second', 'third', 'first']);
  t.regex(lines({ known }).find((line) => line.endsWith('second'))!, /^critical \d\d:28:05 {4}90s now {2}main/);
});

test('Requests in flight are listed oldest first, with route and phase', (t) => {
  const requests = {
    time: TIME,
    total: 1200,
    requests: [
      { worker: 'main', method: 'GET', path: '/items/7', route: '/items/:id', phase: 'handle', age: 61 } as const,
      { worker: '2.1', method: 'POST', path: '/orders', route: null, phase: 'receive', age: 0.3 } as const,
    ],
  };
  const shown = lines({ known: { now: now(), findings: [], requests } }, ['4']);
  t.true(shown[9]!.includes('4 requests 1200'));
  const begin = shown.findIndex((line) => /^ +AGE WORKER PHASE/.test(line));
  t.deepEqual(shown.slice(begin + 1, begin + 3), [
    '    61s main   handle  GET /items/7  (/items/:id)',
    '  300ms 2.1    receive POST /orders',
  ]);
});

test('Without an answer it says why, in words that are not cut off', (t) => {
  const problem = `nothing listens on http://127.0.0.1:9464: ${'start an app '.repeat(12)}now`;
  const first = lines({ known: undefined, problem });
  t.is(first[0], 'loadline top  http://127.0.0.1:9464');
  t.is(first.slice(1, 4).join(' '), problem);
  t.is(first[4], 'Trying again. q: quit');
  const later = lines({ problem: 'nothing listens there: start an app', age: 12.3 });
  t.is(later.at(-1), 'No answer for 12s: nothing listens there: start an app');
  t.is(later[1], '!! At the limit. CPU: 0.98 of 1 cores.', 'what is known stays');
});

test('Help covers the tables and is not cut off in 80×24; pause is said', (t) => {
  const help = lines({}, ['?']);
  t.true(help.includes('Any key goes back.'));
  t.deepEqual(
    help.filter((line) => line.endsWith('~')),
    [],
  );
  t.is(lines({}, [' ']).at(-1), 'PAUSED  space goes on');
});

test('Every key that the help names sorts the table that it is said of, and no other does', (t) => {
  const help = lines({}, ['?']);
  const views = { routes: '2', workers: '1', findings: '3', requests: '4' };
  for (const [name, key] of Object.entries(views)) {
    const line = help.find((one) => one.startsWith(`  ${name} `))!;
    const named = [...line.slice(12).matchAll(/(?:^|, )(\w) /g)].map(([, letter]) => letter!);
    const { extent } = frame(outcome(), stateAfter({}, [key], SMALL), { columns: 80, rows: 24 }, false);
    t.deepEqual([...named].sort(), [...extent.sortKeys].filter((one) => name !== 'routes' || one !== 't').sort(), name);
  }
});

test('Without colours nothing is coloured; with them nothing but colours is added', (t) => {
  const { lines: found } = frame(outcome(), START, SMALL, false);
  const plain = found.map((line) => paint(line, false)).join('\n');
  const coloured = found.map((line) => paint(line, true)).join('\n');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what is added.
  const strip = (text: string) => text.replace(/\x1b\[[\d;]*m/g, '');
  t.false(/\[(?:\d;)*3\d/.test(plain));
  t.regex(coloured, /\[1;31m!! /);
  t.is(strip(plain), strip(coloured));
  t.is(strip(plain), found.map(textOf).join('\n'));
});

test('A report has everything, however long', (t) => {
  const routes = Array.from({ length: 200 }, (_, i) => routeRow({ route: `/r${i}` }));
  const findings = Array.from({ length: 60 }, (_, id) => finding({ id, title: `finding ${id}` }));
  const text = report({ now: now({ routes }), findings, requests: undefined }, 400, false)
    .map(textOf)
    .join('\n');
  for (let i = 0; i < 200; i++) t.regex(text, new RegExp(`GET /r${i} *$`, 'm'));
  for (let i = 0; i < 60; i++) t.regex(text, new RegExp(`finding ${i} *$`, 'm'));
});
