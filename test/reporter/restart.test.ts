/** What adapters that take differences get when the reporter thread dies, or the agent is stopped and started. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { PRELOAD, program } from './app.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'loadline-restart-'));
test.after.always(() => rmSync(FOLDER, { recursive: true, force: true }));

/** Writes each delta to the file that its options name; while a file `<name>.down` is there, its backend is down. */
const SINK = join(FOLDER, 'sink.mjs');
writeFileSync(
  SINK,
  `import { appendFileSync, existsSync } from 'node:fs';
  export default ({ file }) => ({
    wants: { temporality: 'delta' },
    async push(snapshot) {
      if (existsSync(file + '.down')) throw new Error('down');
      const of = (name) => snapshot.metrics.find(({ metric }) => metric.name === name)?.points[0].value ?? 0;
      appendFileSync(file, JSON.stringify([of('put.in'), of('sampled')]) + '\\n');
    },
  });`,
);

/** Both are counted alike: one by an instrument, one by a sampler. `sums()`: what has arrived. */
const BOTH = (file: string) => `
  import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
  const file = ${JSON.stringify(join(FOLDER, file))};
  const reporters = [];
  process.on('worker', (worker) => reporters.push(worker));
  let sampled = 0;
  register({ scope: { name: 'app' }, sample: (sink) => sink.put({ name: 'sampled', kind: 'counter' }, sampled) });
  const count = (n) => { counter('put.in').add(n); sampled += n; };
  const rows = () => existsSync(file) ? readFileSync(file, 'utf8').trim().split('\\n').map((row) => JSON.parse(row)) : [];
  const sums = () => rows().reduce(([a, b], [c, d]) => [a + c, b + d], [0, 0]);
  const arrived = (n) => until(() => sums().every((sum) => sum >= n));
  // The next push has begun, so that the main thread knows of this one.
  const settled = async (n) => {
    await arrived(n);
    const { length } = rows();
    await until(() => rows().length > length);
  };
  const options = { exportInterval: 100, adapters: [{ module: ${JSON.stringify(SINK)}, options: { file } }] };
  // \`between\`: counted while there is no reporter.
  const died = async (between = 0) => {
    const known = reporters.length;
    await reporters.at(-1).terminate();
    if (between > 0) count(between);
    await until(() => reporters.length > known);
  };
`;

test('A reporter that dies between two pushes loses nothing and counts nothing twice', async (t) => {
  const { said, stderr } = await program(`${BOTH('dies')}
    start(options);
    count(5);
    await settled(5);
    await died(3);
    count(2);
    await settled(10);
    await died(1);
    await settled(11);
    await sleep(300);
    await stop();
    say(sums());
  `);
  t.deepEqual(said, [[11, 11]], stderr);
});

test('What was carried over when the reporter died is delivered by the next', async (t) => {
  const { said, stderr } = await program(`${BOTH('carried')}
    start(options);
    count(5);
    await settled(5);
    writeFileSync(file + '.down', '');
    count(3);
    await sleep(400);
    await died();
    count(2);
    await sleep(400);
    say(sums());
    rmSync(file + '.down');
    await arrived(10);
    await stop();
    say(sums());
  `);
  t.deepEqual(
    said,
    [
      [5, 5],
      [10, 10],
    ],
    stderr,
  );
});

test('A reporter that dies before it has delivered anything leaves all of it to the next', async (t) => {
  const { said, stderr } = await program(`${BOTH('first')}
    const agent = start({ ...options, exportInterval: 1500 });
    await agent.ready;
    count(5);
    await died();
    count(1);
    await arrived(6);
    await stop();
    say(sums());
  `);
  t.deepEqual(said, [[6, 6]], stderr);
});

test('An agent that was stopped and is started again does not deliver the old totals once more', async (t) => {
  const { said, stderr } = await program(
    `${BOTH('stopped')}
    for (let round = 1; round <= 6; round++) {
      const agent = start({ ...options, exportInterval: 60000 });
      await agent.ready;
      count(4);
      await stop();
    }
    say(sums());
  `,
    PRELOAD,
  );
  t.deepEqual(said, [[24, 24]], stderr);
});

test('A main thread that is blocked while a new reporter pushes makes nothing count twice', async (t) => {
  const { said, stderr } = await program(`${BOTH('blocked')}
    start(options);
    count(5);
    await settled(5);
    await died();
    const before = rows().length;
    // The new reporter has nothing yet of what the samplers said to its predecessor, and pushes all the same.
    const limit = performance.now() + 20000;
    while (rows().length < before + 2 && performance.now() < limit);
    say(rows().length >= before + 2);
    count(2);
    await arrived(7);
    await sleep(300);
    await stop();
    say(sums());
  `);
  t.deepEqual(said, [true, [7, 7]], stderr);
});
