import { existsSync, readFileSync } from 'node:fs';
import test from 'ava';
import { DURATION_BOUNDS } from '../../src/snapshot/metric.ts';
import { EXPONENTIAL_CELLS } from '../../src/store/buckets.ts';
import {
  CELL_RESERVE,
  CELLS_AT,
  exponentialStart,
  HEADER_BYTES,
  LOG_BYTES,
  LOG_RESERVE,
  MAP_BYTES,
  SLOT_BYTES,
  SLOT_ROUTE_BYTES,
  SLOT_TEXT_BYTES,
  SLOTS,
} from '../../src/store/layout.ts';
import { StoreWriter } from '../../src/store/writer.ts';
import { program } from '../reporter/app.ts';
import { onlyWhere } from '../support/only-where.ts';

const DOC = readFileSync(new URL('../../../docs/memory.md', import.meta.url), 'utf8');

/** The last number of the table row that begins with these words. */
function stated(words: string): number {
  const row = DOC.split('\n').find((line) => line.startsWith(`| ${words}`));
  const number = /\| ([\d,]+) \|$/.exec(row ?? '')?.[1];
  return Number(number?.replaceAll(',', '') ?? Number.NaN);
}

const histogram = (bounds: number) => 8 * exponentialStart(bounds);

const COMPUTED: readonly [words: string, value: number][] = [
  ['header', HEADER_BYTES],
  ['requests in flight', SLOTS * SLOT_BYTES],
  ['descriptions of metrics and series', LOG_BYTES],
  ['cells', MAP_BYTES - CELLS_AT],
  ['whole map', MAP_BYTES],
  ['counter, updown or gauge', 8],
  ['histogram with the 14 default bounds', histogram(DURATION_BOUNDS.length)],
  ['histogram with 64 bounds', histogram(64)],
  ['exponential buckets', 8 * EXPONENTIAL_CELLS],
  ['`http.server.request.duration`', histogram(DURATION_BOUNDS.length) + 8 * EXPONENTIAL_CELLS],
  ['its slot', SLOT_BYTES],
  ['characters of its path', SLOT_TEXT_BYTES],
  ['bytes of its route', SLOT_ROUTE_BYTES],
  ['requests that have a slot', SLOTS],
  ['series per metric by default', new StoreWriter().seriesLimit],
  ['bytes of descriptions kept', LOG_RESERVE],
  ['bytes of cells kept', CELL_RESERVE * 8],
];

test('The bytes that docs/memory.md states are those of the layout', (t) => {
  for (const [words, value] of COMPUTED) t.is(stated(words), value, words);
  const rows = DOC.split('\n').filter((line) => /\| [\d,]+ \|$/.test(line));
  t.is(rows.length, COMPUTED.length, 'a row that nobody compares');
});

test('Each series takes what is stated, and nothing else of the map', (t) => {
  const store = new StoreWriter();
  const scope = { name: 'test' };
  const metric = { name: 'h', kind: 'histogram', bounds: DURATION_BOUNDS } as const;
  const sizes = [
    [store.metric({ name: 'c', kind: 'counter' }, scope), stated('counter, updown or gauge')],
    [store.metric({ name: 'g', kind: 'gauge' }, scope), stated('counter, updown or gauge')],
    [store.metric(metric, scope), stated('histogram with the 14')],
    [store.metric({ ...metric, name: 'e' }, scope, true), stated('`http.server.request.duration`')],
  ] as const;
  for (const [writer, bytes] of sizes) {
    const first = writer.series({ i: 1 });
    t.is((writer.series({ i: 2 }) - first) * 8, bytes, writer.metric.name);
  }
});

const SMAPS = '/proc/self/smaps';
const residentOfMaps = `
  const { readFileSync } = await import('node:fs');
  const areas = readFileSync('${SMAPS}', 'utf8').split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
  const sizes = areas.map((area) => [/^Size: +(\\d+)/m, /^Rss: +(\\d+)/m].map((field) => Number(field.exec(area)?.[1])));
  say(sizes.filter(([size]) => Math.abs(size * 1024 - ${MAP_BYTES}) < 65536).map(([, resident]) => resident));
`;

onlyWhere(existsSync(SMAPS), SMAPS)('What is resident of a map at rest is what is stated', async (t) => {
  const made = await program(`
    const { StoreWriter } = await import(${JSON.stringify(new URL('../../src/store/writer.js', import.meta.url).href)});
    const store = new StoreWriter();
    let sum = 0;
    for (const word of store.cells) sum += word;
    ${residentOfMaps}
  `);
  t.deepEqual(made.said, [[4]], made.stderr);
  const started = await program(`
    await start({ adapters: [] }).ready;
    await sleep(1500);
    ${residentOfMaps}
  `);
  const [[resident]] = started.said as [[number]];
  t.true(resident <= 40, `${resident} kB`);
});
