import { readFileSync } from 'node:fs';
import test from 'ava';
import { PANELS } from '../../../src/dashboard/page/panels.ts';

const WORKERS = ['10', '2'];

/** What a vital shows, and a chart by its parts. */
const BY_PARTS = ['cpu/total'];

/** As feed.ts lists them: `requests/{1xx,2xx}`, `eventloop/delay`. Not those of workers, routes and series. */
function tracksOfTheFeed(): string[] {
  const feed = readFileSync(new URL('../../../../src/dashboard/feed.ts', import.meta.url), 'utf8');
  const lines = /```\n([\s\S]*?)```/
    .exec(feed)![1]!
    .split('\n')
    .map((line) => line.replace(/^ \* /, '').split('   ')[0]!);
  const names = lines.flatMap((line) => line.match(/[^\s,{]+(\{[^}]*\})?/g) ?? []);
  return names
    .filter((name) => name.includes('/') && !name.includes('<'))
    .flatMap((name) => {
      const [prefix, list] = name.split(/[{}]/);
      return list === undefined ? [prefix!] : list.split(',').map((part) => `${prefix}${part}`);
    });
}

const known = WORKERS.flatMap((worker) =>
  ['utilization', 'delay', 'inflight', 'rss', 'heap', 'cpu'].map((name) => `worker/${worker}/${name}`),
);

test('Every track that the feed tells all pages is in a chart, and no chart has another one', (t) => {
  const drawn = PANELS.flatMap(({ lines }) => [...lines([]), ...lines(known)]).map(({ track }) => track);
  const own = drawn.filter((track) => !track.startsWith('worker/'));
  t.deepEqual([...new Set([...own, ...BY_PARTS])].sort(), tracksOfTheFeed().sort());
});

test('Several workers have a line each, in the order that people count in; a lone one has none of its own', (t) => {
  const { lines } = PANELS.find(({ id }) => id === 'utilization')!;
  t.deepEqual(
    lines(known).map(({ track, label }) => [track, label]),
    [
      ['worker/2/utilization', '2'],
      ['worker/10/utilization', '10'],
    ],
  );
  t.deepEqual(
    lines(['worker/main/utilization']).map(({ track, label }) => [track, label]),
    [['eventloop/utilization', 'main']],
  );
});

test('Lines of one chart can be told apart, with twenty workers too', (t) => {
  const many = Array.from({ length: 16 }, (_, at) => `worker/${at}/delay`);
  for (const { lines, id } of PANELS) {
    const looks = lines(many).map(({ ink, dashed }) => `${ink} ${dashed ?? false}`);
    t.is(new Set(looks).size, looks.length, id);
  }
});
