import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { now } from '../../src/clock.ts';
import { BUSY_INTERVAL, Heartbeat, IDLE_INTERVAL } from '../../src/probes/heartbeat.ts';
import { HEADER } from '../../src/store/layout.ts';
import { StoreWriter } from '../../src/store/writer.ts';
import { program, programArguments, run } from '../reporter/app.ts';
import { block } from './pulse.ts';

/** A heartbeat on cells of its own; `busyAt` long ago makes it idle, now makes it busy. */
function setUp(warn?: (key: string, line: string) => void) {
  const { cells } = new StoreWriter();
  const heartbeat = new Heartbeat(cells, warn);
  const beats: { time: number; delay: number; interval: number }[] = [];
  heartbeat.onBeat((time, delay, interval) => beats.push({ time, delay, interval }));
  return { cells, heartbeat, beats };
}

test.serial('The pulse beats every 20 ms while requests are in flight, and slows down when none is', async (t) => {
  const { cells, heartbeat, beats } = setUp();
  cells[HEADER.busyNow] = 1;
  cells[HEADER.busyAt] = now() - 60_000;
  heartbeat.start();
  t.true(Math.abs(cells[HEADER.beat]! - now()) < 50);
  await sleep(500);
  const busy = beats.length;
  t.true(busy >= 10 && busy <= 26, `${busy} beats in 500 ms`);
  t.is(cells[HEADER.beatInterval], BUSY_INTERVAL);
  cells[HEADER.busyNow] = 0;
  await sleep(1100);
  const idle = beats.length - busy;
  t.true(idle >= 3 && idle <= 8, `${idle} beats in 1100 ms`);
  t.is(cells[HEADER.beatInterval], IDLE_INTERVAL);
  cells[HEADER.busyAt] = now();
  await sleep(500);
  t.is(cells[HEADER.beatInterval], BUSY_INTERVAL, 'a request of late keeps it fast');
  heartbeat.stop();
});

test.serial('A block is the delay of the beat that follows it, once', async (t) => {
  const { cells, heartbeat, beats } = setUp();
  cells[HEADER.busyAt] = now();
  heartbeat.start();
  await sleep(60);
  block(400);
  await sleep(100);
  heartbeat.stop();
  const long = beats.filter(({ delay }) => delay > 250);
  t.is(long.length, 1);
  t.true(long[0]!.delay >= 360 && long[0]!.delay < 1500, `${long[0]!.delay} ms`);
  t.true(beats.every(({ delay, interval }) => delay >= 0 && interval === BUSY_INTERVAL));
  for (const [i, { time, delay }] of beats.entries()) {
    if (i > 0) t.true(time - beats[i - 1]!.time >= delay);
  }
});

test.serial('Active and idle time of the loop are published, and active time grows by a block', async (t) => {
  const { cells, heartbeat } = setUp();
  cells[HEADER.busyAt] = now();
  heartbeat.start();
  await sleep(100);
  const [active, idle] = [cells[HEADER.loopActive]!, cells[HEADER.loopIdle]!];
  block(300);
  await sleep(150);
  heartbeat.stop();
  t.true(cells[HEADER.loopActive]! - active >= 290);
  t.true(cells[HEADER.loopIdle]! - idle > 20);
});

test.serial('After its stop nothing beats and no block is seen; it can be started again', async (t) => {
  const { cells, heartbeat, beats } = setUp();
  cells[HEADER.busyAt] = now();
  heartbeat.start();
  await sleep(60);
  heartbeat.stop();
  heartbeat.stop();
  const { length } = beats;
  await sleep(100);
  t.is(beats.length, length);
  t.is(cells[HEADER.beat], 0);
  heartbeat.start();
  await sleep(100);
  heartbeat.stop();
  t.true(beats.length > length);
  t.true(beats[length]!.delay < 90, 'the pause counts as a delay');
});

test.serial('What is registered for seconds comes once a second, and leaves when told to', async (t) => {
  const { cells, heartbeat } = setUp();
  cells[HEADER.busyAt] = now();
  let ticks = 0;
  let once = 0;
  const end = heartbeat.everySecond(() => ticks++);
  const endOnce = heartbeat.everySecond(() => {
    once++;
    endOnce();
  });
  heartbeat.start();
  await sleep(2300);
  end();
  const seen = ticks;
  await sleep(1100);
  heartbeat.stop();
  t.true(seen >= 2 && seen <= 3, `${seen} ticks`);
  t.deepEqual([ticks, once], [seen, 1]);
});

test.serial('What throws on the pulse is told and takes nothing else down', async (t) => {
  const warnings: string[] = [];
  const { cells, heartbeat, beats } = setUp((_key, line) => warnings.push(line));
  cells[HEADER.busyAt] = now();
  let after = 0;
  heartbeat.everySecond(() => {
    throw new Error('no more files');
  });
  heartbeat.everySecond(() => after++);
  heartbeat.start();
  await sleep(100);
  heartbeat.stop();
  t.is(after, 1);
  t.true(beats.length > 1);
  t.regex(warnings[0]!, /no more files/);
});

test('An app that ran out of file descriptors was once ended by the probe of memory, which opens one', async (t) => {
  const body = `
    const { openSync } = await import('node:fs');
    await start().ready;
    try { for (;;) openSync('/dev/null'); } catch (error) { say([error.code]); }
    await sleep(1500);
    say(['alive']);
  `;
  const limited = ['-c', 'ulimit -n 256 && exec "$@"', 'sh', process.execPath, ...programArguments(body)];
  const { code, stdout, stderr } = await run('sh', limited);
  t.is(code, 0, stderr);
  t.is(stdout, '["EMFILE"]\n["alive"]\n');
});

test('Fake timers in the app neither stop the pulse nor see it', async (t) => {
  const { said, stderr } = await program(`
    const { mock } = await import('node:test');
    const url = await start().ready;
    mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] });
    const count = async () => (await read(url))['loadline_eventloop_delay_seconds_count'] ?? 0;
    const before = await count();
    const end = performance.now() + 600;
    while (performance.now() < end) await new Promise((resolve) => setImmediate(resolve));
    say((await count()) - before > 5);
    mock.timers.tick(100000);
    mock.timers.reset();
    say(Math.abs((await read(url)).process_uptime_seconds ?? 0) < 60);
  `);
  t.deepEqual(said, [true, true], stderr);
});

test.serial('A beat that was promised before there was a pulse comes at its start, as late as it is', (t) => {
  const { cells, heartbeat, beats } = setUp();
  cells[HEADER.beat] = now() - 3000;
  cells[HEADER.beatInterval] = 1000;
  heartbeat.start();
  heartbeat.stop();
  t.is(beats.length, 1);
  t.is(beats[0]!.interval, 1000);
  t.true(beats[0]!.delay >= 2000 && beats[0]!.delay < 2500, `${beats[0]!.delay}`);
  heartbeat.start();
  heartbeat.stop();
  t.is(beats.length, 1, 'after a stop nothing is promised');
});
