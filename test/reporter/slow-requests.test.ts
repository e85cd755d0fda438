import test from 'ava';
import { type Finding, Findings } from '../../src/reporter/findings.ts';
import type { LivingMap } from '../../src/reporter/maps.ts';
import { inFlightNow, LISTED, listRequests } from '../../src/reporter/requests.ts';
import { OPEN_LIMIT, SlowRequests } from '../../src/reporter/slow-requests.ts';
import { HEADER, METHODS, RECEIVE, SEND, SLOTS } from '../../src/store/layout.ts';
import { StoreReader } from '../../src/store/reader.ts';
import { Slots } from '../../src/store/slots.ts';
import { StoreWriter } from '../../src/store/writer.ts';

const GET = METHODS.indexOf('GET');
const THRESHOLD = 10_000;

/** A thread of the app whose requests the test begins and ends. */
class Thread implements LivingMap {
  readonly worker: string;
  readonly map: StoreReader;
  readonly slots: Slots;
  readonly #store = new StoreWriter();

  constructor(worker = 'main') {
    this.worker = worker;
    this.map = new StoreReader(this.#store.buffer);
    this.slots = new Slots(this.#store.buffer);
  }

  begin(start: number, path: string): number {
    this.#store.cells[HEADER.busyNow]! += 1;
    return this.slots.take(start, GET, path);
  }

  end(slot: number): void {
    this.#store.cells[HEADER.busyNow]! -= 1;
    this.slots.release(slot);
  }
}

function watch(...threads: Thread[]) {
  const findings = new Findings();
  const slow = new SlowRequests({ threshold: THRESHOLD, findings, maps: () => threads });
  return { slow, list: () => findings.list(), only: () => findings.list()[0] as Finding };
}

test('requests in flight are listed oldest first over all threads, without query', (t) => {
  const [main, worker] = [new Thread(), new Thread('3')];
  const slot = main.begin(2000, '/b?token=secret');
  worker.begin(1000, '/a');
  main.slots.setPhase(slot, SEND);
  main.slots.setRoute(slot, '/:letter');
  const list = listRequests([main, worker], 3500.4);
  t.true(Number.isInteger(list.time));
  t.is(list.total, 2);
  t.deepEqual(list.requests, [
    { worker: '3', method: 'GET', path: '/a', route: null, phase: 'handle', age: 2.5 },
    { worker: 'main', method: 'GET', path: '/b', route: '/:letter', phase: 'send', age: 1.5 },
  ]);
  t.is(listRequests([main], 500).requests[0]!.age, 0);
  t.deepEqual(listRequests([], 1).requests, []);
});

test('of many requests in flight the oldest thousand are listed and all are counted', (t) => {
  const threads = [new Thread(), new Thread('1')];
  for (const thread of threads) for (let i = 0; i < SLOTS + 500; i++) thread.begin(i + 1, `/${i}`);
  const { total, requests } = listRequests(threads, 5000);
  t.is(total, 2 * (SLOTS + 500));
  t.is(inFlightNow(threads), total);
  t.is(requests.length, LISTED);
  t.is(requests.at(-1)!.age, 4.5);
});

test('a request becomes a finding when it is slow, once, and is over when it has ended', (t) => {
  const thread = new Thread();
  const { slow, list, only } = watch(thread);
  const slot = thread.begin(1000, '/slow?secret=1');
  thread.begin(9000, '/quick');
  slow.check(10_999);
  t.is(list().length, 0);
  slow.check(11_000);
  slow.check(11_500);
  t.is(list().length, 1);
  t.like(only(), { kind: 'slow-request', severity: 'warning', worker: 'main', until: null });
  t.is(only().title, 'GET /slow has been in flight for over 10 s');
  t.deepEqual(only().evidence, {
    method: 'GET',
    path: '/slow',
    route: null,
    phase: 'handle',
    threshold: 10,
    inFlight: 2,
    inFlightAtEnd: null,
    duration: null,
  });
  thread.end(slot);
  slow.check(14_000);
  t.is(list().length, 1);
  t.is(only().until! - only().since, 13_000);
  t.is(only().title, 'GET /slow was in flight for 13.0 s');
  t.like(only().evidence, { inFlight: 2, inFlightAtEnd: 1, duration: 13 });
  slow.check(14_500);
  t.is(list().length, 1);
});

test('phase and route are followed while it lasts, and kept when it is over', (t) => {
  const thread = new Thread();
  const { slow, only } = watch(thread);
  const slot = thread.begin(1000, '/items/7');
  thread.slots.setPhase(slot, RECEIVE);
  slow.check(12_000);
  t.is(only().evidence.phase, 'receive');
  thread.slots.setPhase(slot, SEND);
  thread.slots.setRoute(slot, '/items/:id');
  slow.check(12_500);
  t.like(only().evidence, { phase: 'send', route: '/items/:id', path: '/items/7' });
  thread.end(slot);
  slow.check(13_000);
  t.is(only().title, 'GET /items/:id was in flight for 12.0 s');
  t.like(only().evidence, { phase: 'send', route: '/items/:id' });
});

test('a slot that is used again by another slow request is another finding', (t) => {
  const thread = new Thread();
  const { slow, list } = watch(thread);
  const first = thread.begin(1000, '/first');
  slow.check(20_000);
  thread.end(first);
  t.is(thread.begin(20_100, '/second'), first);
  slow.check(40_000);
  t.deepEqual(
    list().map(({ title, until }) => [title, until === null]),
    [
      ['GET /second has been in flight for over 10 s', true],
      ['GET /first was in flight for 39.0 s', false],
    ],
  );
});

test('equal slots and starts of two threads are two findings, each with its worker', (t) => {
  const threads = [new Thread(), new Thread('3')];
  const { slow, list } = watch(...threads);
  for (const thread of threads) thread.begin(1000, '/same');
  slow.check(20_000);
  t.deepEqual(
    list().map(({ worker }) => worker),
    ['3', 'main'],
  );
  t.is(list()[0]!.evidence.inFlight, 2);
});

test('a thousand slow requests at once are fifty findings and one that counts the others', (t) => {
  const thread = new Thread();
  const { slow, list } = watch(thread);
  const slots = Array.from({ length: 1000 }, (_, i) => thread.begin(i + 1, `/${i}`));
  for (let time = 20_000; time < 25_000; time += 500) slow.check(time);
  t.is(list().length, OPEN_LIMIT + 1);
  const others = list()[0]!;
  t.is(others.title, '950 more requests have been in flight for over 10 s');
  t.like(others.evidence, { others: 950, most: 950, inFlight: 1000 });
  t.is(list().at(-1)!.evidence.path, '/0');
  for (const slot of slots.slice(0, 10)) thread.end(slot);
  slow.check(25_000);
  t.is(list().length, OPEN_LIMIT + 11);
  t.like(list().find(({ id }) => id === others.id)!.evidence, { others: 940, most: 950 });
  for (const slot of slots.slice(10)) thread.end(slot);
  slow.check(26_000);
  t.true(list().every(({ until }) => until !== null));
  t.is(list().length, OPEN_LIMIT + 11);
});

test('hostile paths are shown as text that nothing takes for more', (t) => {
  const thread = new Thread();
  const { slow, list } = watch(thread);
  const paths = ['/</script><script>alert(1)</script>', '/"quote\\', '/\u0000\r\n\u001b[31m', '/caf\xe9', '/__proto__'];
  paths.forEach((path, i) => {
    thread.begin(1000 + i, path);
  });
  slow.check(20_000);
  t.deepEqual(
    list()
      .map(({ evidence }) => evidence.path)
      .reverse(),
    paths,
  );
});
