import test from 'ava';
import { backoff } from '../../adapters/graphite-backoff.ts';
import { BURST, PACE, Pace } from '../../adapters/graphite-pace.ts';
import { Spool } from '../../adapters/graphite-spool.ts';
import type { Outcome } from '../../src/reporter/adapter.ts';

function spoolOf(maxBytes: number, maxAge = 1e9) {
  const counts: Record<Outcome, number> = { sent: 0, failed: 0, dropped: 0, unknown: 0, spooled: 0 };
  const clock = { now: 0 };
  const spool = new Spool({
    maxBytes,
    maxAge,
    keep: 60,
    now: () => clock.now,
    count(outcome, points) {
      counts[outcome] += points;
    },
  });
  const add = (text: string) => spool.add({ text, points: 1 }, 1);
  const takeAll = () => {
    const texts: string[] = [];
    for (let chunk = spool.take(); chunk; chunk = spool.take()) {
      texts.push(chunk.bytes.toString());
      spool.sent(chunk);
    }
    return texts.join('');
  };
  return { spool, counts, clock, add, takeAll };
}

test('what comes first leaves first', (t) => {
  const { add, takeAll, counts } = spoolOf(100);
  for (const text of 'abc') add(text);
  t.is(counts.spooled, 3);
  t.is(takeAll(), 'abc');
  t.deepEqual(counts, { sent: 3, failed: 0, dropped: 0, unknown: 0, spooled: 0 });
});

test('over the bound in bytes the oldest go and are counted', (t) => {
  const { add, takeAll, counts, spool } = spoolOf(10);
  for (const text of ['aaaa', 'bbbb', 'cccc', 'dd']) add(text);
  t.is(spool.bytes, 10);
  t.is(counts.dropped, 1);
  t.is(takeAll(), 'bbbbccccdd');
  add('x'.repeat(11));
  t.is(spool.bytes, 0);
  t.deepEqual(counts, { sent: 3, failed: 0, dropped: 2, unknown: 0, spooled: 0 });
});

test('over the bound in age they go as well', (t) => {
  const { add, takeAll, counts, clock } = spoolOf(100, 1000);
  add('a');
  clock.now = 999;
  add('b');
  clock.now = 1000;
  t.is(takeAll(), 'b');
  t.is(counts.dropped, 1);
});

test('a break brings back what was sent in the last while, in order and counted once', (t) => {
  const { add, takeAll, counts, clock, spool } = spoolOf(100);
  add('a');
  takeAll();
  clock.now = 30;
  add('b');
  takeAll();
  clock.now = 61;
  add('c');
  spool.take();
  spool.rewind();
  t.is(counts.failed, 1);
  t.is(takeAll(), 'bc');
  t.is(counts.sent, 3);
  t.is(counts.spooled, 0);
});

test('lines that were sent make room first and are not counted as dropped', (t) => {
  const { add, takeAll, counts, spool } = spoolOf(4);
  add('aa');
  takeAll();
  add('bb');
  add('cc');
  t.is(counts.dropped, 0);
  spool.rewind();
  t.is(takeAll(), 'bbcc');
});

test('a chunk that is dropped while it is written is settled once, and the others keep their place', (t) => {
  const { add, counts, spool, takeAll } = spoolOf(4);
  add('aa');
  const chunk = spool.take()!;
  add('bb');
  add('cc');
  spool.sent(chunk);
  t.is(counts.dropped, 1);
  t.is(takeAll(), 'bbcc');
  t.deepEqual(counts, { sent: 2, failed: 0, dropped: 1, unknown: 0, spooled: 0 });
});

test('clearing counts what was never sent', (t) => {
  const { add, counts, spool, takeAll } = spoolOf(10);
  add('a');
  takeAll();
  add('b');
  spool.clear();
  t.deepEqual(counts, { sent: 1, failed: 0, dropped: 1, unknown: 0, spooled: 0 });
  t.is(spool.bytes, 0);
});

test('the back-off doubles up to 30 s, and its second half is random', (t) => {
  t.deepEqual([backoff(1, () => 0), backoff(1, () => 1), backoff(3, () => 1)], [250, 500, 2000]);
  t.deepEqual([backoff(1000, () => 0), backoff(1000, () => 1)], [15_000, 30_000]);
});

test('lines leave at a bounded rate, after a burst', (t) => {
  let now = 0;
  const pace = new Pace(() => now);
  let sent = 0;
  for (now = 0; now < 10_000; now += 10) {
    while (pace.wait() === 0) {
      pace.spend(16_384);
      sent += 16_384;
    }
  }
  t.true(sent > PACE * 9.9 && sent < PACE * 10 + BURST + 16_384, `${sent}`);
});
