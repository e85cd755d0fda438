import test from 'ava';
import { combine } from '../../src/group/combine.ts';
import { Held } from '../../src/group/held.ts';
import { type Slot, SlotTable, shownOf } from '../../src/group/slots.ts';
import { random } from '../store/random.ts';
import { AGE, one, REQUESTS, SECONDS, valuesOf } from './metrics.ts';

const who = (pid: number) => ({ key: `${pid}.0`, pid });

function tableOf(gone: ReadonlySet<number>, limit = 1000): SlotTable {
  return new SlotTable({ limit, isGone: (pid) => gone.has(pid) });
}

function say(slot: Slot, requests: number, time = 0): void {
  slot.occupant!.held = Held.of([one(REQUESTS, requests), one(AGE, 1)]);
  slot.occupant!.time = time;
}

function total(table: SlotTable): unknown {
  return valuesOf(combine(table.slots().map(shownOf), 'sum')).requests;
}

test('the lowest free slot is given, and who has one keeps it', (t) => {
  const gone = new Set<number>();
  const table = tableOf(gone);
  const numbers = [1, 2, 3].map((pid) => table.attach(who(pid), {}, undefined, 0)!.number);
  t.deepEqual(numbers, [1, 2, 3]);
  t.is(table.attach(who(2), {}, undefined, 0)!.number, 2);
  table.detach(who(1).key, true);
  t.is(table.attach(who(4), {}, undefined, 0)!.number, 4, 'a process that said goodbye may come back while it lives');
  gone.add(1);
  t.is(table.attach(who(5), {}, undefined, 0)!.number, 1);
});

test('who succeeds a dead process goes on from its counters, and its gauges end', (t) => {
  const gone = new Set<number>();
  const table = tableOf(gone);
  say(table.attach(who(1), {}, undefined, 0)!, 10);
  say(table.attach(who(2), {}, undefined, 0)!, 5);
  gone.add(1);
  table.detach(who(1).key, false);
  t.is(total(table), 15);
  t.deepEqual(
    table.sweep(5).map(({ number }) => number),
    [1],
  );
  t.is(total(table), 15);
  t.deepEqual(table.slots()[0]!.missing, { pid: 1, since: 5 });
  const slot = table.attach(who(3), {}, undefined, 6)!;
  t.is(slot.number, 1);
  t.is(slot.occupant!.generation, 2);
  t.is(slot.missing, undefined);
  say(slot, 1);
  t.deepEqual(valuesOf(combine(table.slots().map(shownOf), 'worker')), {
    'requests loadline.worker=1': 11,
    'requests loadline.worker=2': 5,
    'age loadline.worker=1': 1,
    'age loadline.worker=2': 1,
  });
});

test('a process that is silent but there keeps its slot and what it said', (t) => {
  const table = tableOf(new Set());
  say(table.attach(who(1), {}, undefined, 0)!, 10);
  table.detach(who(1).key, false);
  t.deepEqual(table.sweep(1e9), []);
  t.is(table.attach(who(2), {}, undefined, 0)!.number, 2);
  t.is(total(table), 10);
  t.is(table.attach(who(1), {}, undefined, 0)!.number, 1);
});

test('a dead process is missed for ten minutes, one that said goodbye not at all', (t) => {
  const gone = new Set([1, 2]);
  const table = tableOf(gone);
  for (const pid of [1, 2]) table.attach(who(pid), {}, undefined, 0);
  table.detach(who(1).key, true);
  table.detach(who(2).key, false);
  table.sweep(100);
  t.deepEqual(
    table.slots().map(({ missing }) => missing?.pid),
    [undefined, 2],
  );
  table.sweep(601_000);
  t.deepEqual(
    table.slots().map(({ missing }) => missing),
    [undefined, undefined],
  );
});

test('what others know counts once, whoever tells it and in whatever order', (t) => {
  const gone = new Set([1]);
  const last = { slot: 1, generation: 1, ...who(1), resource: {}, time: 9, left: false };
  const base = Held.of([one(REQUESTS, 10)]);
  const tell: readonly ((table: SlotTable) => void)[] = [
    (table) => table.adoptLast(last, Held.of([one(REQUESTS, 10)]), 0),
    (table) => table.adoptLast({ ...last, time: 5 }, Held.of([one(REQUESTS, 7)]), 0),
    (table) => table.adoptBase(1, 1, base),
    (table) => table.expect([{ slot: 1, generation: 1, ...who(1) }], 0),
    (table) => void table.sweep(0),
    (table) => void table.attach(who(2), {}, { slot: 1, generation: 2 }, 0),
  ];
  for (const order of permutations([0, 1, 2, 3, 4, 5])) {
    // Who sweeps or gives the slot away before it was told of the last values has not waited for them.
    if (order.indexOf(0) > Math.min(order.indexOf(4), order.indexOf(5)) && order.indexOf(2) > order.indexOf(5))
      continue;
    const table = tableOf(gone);
    for (const step of order) tell[step]!(table);
    table.sweep(0);
    const known = total(table);
    if (order.indexOf(0) < order.indexOf(4) || order.indexOf(2) < Math.min(order.indexOf(4), order.indexOf(5))) {
      t.is(known, 10, String(order));
    } else t.true(known === 10 || known === 7 || known === undefined, `${order}: ${known}`);
  }
});

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));
}

test('slots beyond what is sane are refused', (t) => {
  const table = tableOf(new Set());
  table.expect(
    [
      { slot: 0, generation: 1, ...who(1) },
      { slot: 1e9, generation: 1, ...who(1) },
    ],
    0,
  );
  table.adoptBase(-1, 1, Held.of([]));
  t.deepEqual(table.slots(), []);
  for (let pid = 1; pid <= 1024; pid++) t.truthy(table.attach(who(pid), {}, undefined, 0));
  t.is(table.attach(who(2000), {}, undefined, 0), undefined);
});

test('what is kept of earlier processes is bounded', (t) => {
  const gone = new Set<number>();
  const table = tableOf(gone, 50);
  for (let pid = 1; pid <= 20; pid++) {
    const slot = table.attach(who(pid), {}, undefined, 0)!;
    slot.occupant!.held = Held.of(Array.from({ length: 10 }, (_, i) => one(REQUESTS, 1, { id: pid * 100 + i })));
    table.detach(who(pid).key, true);
    gone.add(pid);
  }
  table.sweep(0);
  const values = valuesOf(table.slots()[0]!.base.metrics) as Record<string, number>;
  t.is(Object.keys(values).length, 50);
  t.is(
    Object.values(values).reduce((a, b) => a + b),
    200,
  );
});

test('where two led at once, a process whose slot another one has gets another, and counts once', (t) => {
  const gone = new Set<number>();
  const table = tableOf(gone);
  say(table.attach(who(10), {}, undefined, 0)!, 1);
  const last = { slot: 1, generation: 1, ...who(1), resource: {}, time: 9, left: false };
  const tell = () => {
    for (let deputy = 0; deputy < 2; deputy++) table.adoptLast(last, Held.of([one(REQUESTS, 100)]), 50);
  };
  tell();
  t.deepEqual([table.find(who(10).key)!.number, table.find(who(1).key)!.number], [1, 2]);
  t.is(table.find(who(1).key)!.occupant!.heard, 50);
  t.is(total(table), 101);
  table.adoptLast({ ...last, ...who(2), slot: 2 }, Held.of([one(REQUESTS, 1000)]), 50);
  t.is(total(table), 1101, 'nor does one that had the other slot take that from it');
  gone.add(1);
  table.sweep(60);
  tell();
  t.is(total(table), 1101, 'told again when it is gone, it is not counted again');
});

test('a base of a slot that somebody has who was not in it comes before him', (t) => {
  const gone = new Set<number>();
  const table = tableOf(gone);
  const slot = table.attach(who(10), {}, undefined, 0)!;
  say(slot, 1);
  table.adoptBase(1, 3, Held.of([one(REQUESTS, 100)]));
  t.is(total(table), 101);
  const next = tableOf(gone);
  next.adoptBase(1, 3, Held.of([one(REQUESTS, 100)]));
  const { key, pid, generation, held } = slot.occupant!;
  next.adoptLast({ slot: 1, generation, key, pid, resource: {}, time: 1, left: false }, held!, 0);
  t.is(total(next), 101, 'the next leader knows both');
});

test('who was stopped itself holds silence against nobody', (t) => {
  const table = tableOf(new Set());
  const { occupant } = table.attach(who(1), {}, undefined, 0)!;
  for (let time = 0; time <= 5000; time += 1000) table.sweep(time);
  t.is(occupant!.heard, 0);
  table.sweep(65_000);
  t.is(65_000 - occupant!.heard, 7000, 'as before, and a look that was a little late');
});

interface Process {
  readonly pid: number;
  requests: number;
  seconds: number;
  /** What it told last. */
  told: number;
  slot: Slot | undefined;
}

/** One leader after another; whatever was shown was known to a deputy first, as the leader sees to. */
test('whoever is killed, leads or succeeds: no sum ever falls, and only what nobody was told is lost', (t) => {
  for (let seed = 1; seed <= 60; seed++) {
    const next = random(seed);
    const pick = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)]!;
    const gone = new Set<number>();
    let table = tableOf(gone);
    let deputy = tableOf(gone);
    let pids = 0;
    let counted = 0;
    let lost = 0;
    let living: Process[] = [];
    let before = { requests: 0, seconds: 0 };

    const tell = (process: Process) => {
      const held = Held.of([one(REQUESTS, process.requests), one(SECONDS, process.seconds)]);
      Object.assign(process.slot!.occupant!, { held, time: process.requests });
      process.told = process.requests;
      const { number, occupant } = process.slot!;
      const { key, pid, generation } = occupant!;
      const last = { slot: number, generation, key, pid, resource: {}, time: process.requests, left: false };
      deputy.adoptLast(last, Held.ofBytes(held.bytes), 0);
    };
    const bases = () => {
      for (const slot of table.slots()) deputy.adoptBase(slot.number, slot.through, Held.ofBytes(slot.base.bytes));
    };
    const show = () => {
      bases();
      const values = valuesOf(combine(table.slots().map(shownOf), 'sum')) as typeof before;
      for (const name of ['requests', 'seconds'] as const) {
        const value = values[name] ?? 0;
        if (value < before[name]) t.fail(`seed ${seed}: ${name} fell from ${before[name]} to ${value}`);
      }
      before = { requests: values.requests ?? 0, seconds: values.seconds ?? 0 };
    };
    const join = (claim?: { slot: number; generation: number }, known?: Process) => {
      const process = known ?? { pid: ++pids, requests: 0, seconds: 0, told: 0, slot: undefined };
      process.slot = table.attach(who(process.pid), {}, claim, 0)!;
      bases();
      tell(process);
      return process;
    };

    for (let step = 0; step < 150; step++) {
      const dice = next();
      if (living.length === 0 || (dice < 0.1 && living.length < 6)) living.push(join());
      const process = pick(living);
      if (dice < 0.6) {
        process.requests += 1;
        process.seconds += next() / 3;
        counted += 1;
      } else if (dice < 0.8) tell(process);
      else if (dice < 0.9) {
        lost += process.requests - process.told;
        living = living.filter((each) => each !== process);
        gone.add(process.pid);
        table.detach(who(process.pid).key, false);
        if (next() < 0.7) table.sweep(0);
      } else if (dice < 0.95) {
        // Another process leads, which knows what the deputy knew, and those who live come over.
        table = deputy;
        deputy = tableOf(gone);
        for (const slot of table.slots()) if (slot.occupant) slot.occupant.connected = false;
        for (const each of living) {
          const { number, occupant } = each.slot!;
          join({ slot: number, generation: occupant!.generation }, each);
        }
        table.sweep(0);
      }
      show();
    }
    for (const each of living) tell(each);
    show();
    t.is(before.requests, counted - lost, `seed ${seed}`);
    t.true(table.slots().length <= 6 + 1, `seed ${seed}: ${table.slots().length} slots`);
  }
});
