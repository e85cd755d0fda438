/** What benches print, and what they read from what contenders print. */
import test from 'ava';

const lib = async (name: string) => import(new URL(`../../../bench/lib/${name}.mjs`, import.meta.url).href);
const { table } = await lib('table');
const { chart } = await lib('chart');
const { counterIn } = await lib('works');
const { seriesIn } = await lib('scraped');
const { benchText, resultsText, verdictText } = await lib('report');

test('Columns of a table are as wide as their widest cell, numbers to the right', (t) => {
  const text = table([
    ['', 'ratio'],
    ['loadline', 1.5],
    ['µs', ''],
  ]);
  t.is(
    text,
    ['|          | ratio |', '| -------- | ----: |', '| loadline |   1.5 |', '| µs       |       |'].join('\n'),
  );
});

test('The longest bar is the greatest value, and zero has none', (t) => {
  const lines = chart(['1', '10', '100'], [0, 50, 100], 'ms').split('\n');
  t.deepEqual(
    lines.map((line: string) => line.match(/█/g)?.length ?? 0),
    [0, 20, 40],
  );
  t.is(lines[0], '  1 │ 0.00 ms');
});

test('A chart of zeros alone has no bars', (t) => {
  t.is(chart(['1'], [0], 'ms'), '1 │ 0.00 ms');
});

const METRICS = `# TYPE requests_count counter
requests_count{route="/a",code="200"} 3
requests_count{route="/b",code="200"} 4 1763714000
requests_count{route="/metrics",code="200"} 9
requests_count_other{route="/a"} 100
bench_shop_0_total{user="u1",kind="gold"} 1
bench_shop_1{kind="gold",user="u2"} 1
bench_shop_1{otel_metric_overflow="true"} 1
`;

test('A counter is added up over its series, without scrapes and without others whose names begin alike', (t) => {
  t.is(counterIn(METRICS, 'requests_count'), 7);
});

test('A counter that is not there is 0', (t) => {
  t.is(counterIn(METRICS, 'missing'), 0);
});

test('Series of the app are counted, the overflow series is none of them', (t) => {
  t.is(seriesIn(METRICS), 2);
});

test('Targets that are not reached are said in words and in the table', (t) => {
  const verdicts = [
    { target: 'fast', found: '1 ms', reached: true },
    { target: 'small', found: '9 MB', reached: false },
  ];
  const text = verdictText(verdicts);
  t.true(text.includes('1 of 2 targets are not reached.'));
  t.regex(text, /small +\| +9 MB +\| +NO/);
  t.true(verdictText(verdicts.slice(0, 1)).includes('All targets are reached.'));
});

test('The results say when, where, with whom, what was found, and what did not work', (t) => {
  const section = {
    title: 'By size',
    rows: [
      ['', 'ms'],
      ['loadline', 7],
    ],
    chart: '1 │█',
  };
  const text = resultsText({
    begin: new Date('2026-11-21T10:00:00Z'),
    end: new Date('2026-11-21T10:25:00Z'),
    machine: ['Node.js 24'],
    contenders: [
      { name: 'peer', package: 'a-peer', what: 'Middleware.' },
      { name: 'bare', what: 'Alone.' },
    ],
    version: (name?: string) => (name === 'a-peer' ? '1.2.3' : undefined),
    verdicts: [],
    failures: ['peer counts nothing'],
    texts: [benchText({ name: 'size', title: 'Size', text: ['How.'] }, [section])],
  });
  t.true(text.includes('on 2026-11-21, in 25 minutes'));
  t.true(text.includes('- Node.js 24\n'));
  t.regex(text, /\| peer +\| +1\.2\.3 \| +Middleware\. \|/);
  t.true(text.includes('## What did not work\n\n- peer counts nothing\n'));
  t.true(text.includes('## Size\n\n`npm run bench -- size`\n\nHow.\n\n### By size\n\n|'));
  t.true(text.endsWith('```\n1 │█\n```\n'));
});
