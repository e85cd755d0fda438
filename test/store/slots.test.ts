import test from 'ava';
import { METHODS, RECEIVE, SEND, SLOT_ROUTE_BYTES, SLOT_TEXT_BYTES, SLOTS } from '../../src/store/layout.ts';
import { StoreReader } from '../../src/store/reader.ts';
import { Slots } from '../../src/store/slots.ts';
import { StoreWriter } from '../../src/store/writer.ts';

const GET = METHODS.indexOf('GET');

function map() {
  const store = new StoreWriter();
  return { slots: new Slots(store.buffer), reader: new StoreReader(store.buffer), store };
}

/** Start, method and path of each. */
const shown = (reader: StoreReader, latest?: number) =>
  reader.inFlight(latest).map(({ start, method, path }) => ({ start, method, path }));

test('Requests in flight are read oldest first, with their method and path', (t) => {
  const { slots, reader } = map();
  t.deepEqual(reader.inFlight(), []);
  t.is(reader.oldestStart(), Number.POSITIVE_INFINITY);
  const late = slots.take(300.25, METHODS.indexOf('PATCH'), '/late?q=1');
  slots.take(100.5, GET, '/early');
  slots.take(200, 0, '');
  t.deepEqual(shown(reader), [
    { start: 100.5, method: 'GET', path: '/early' },
    { start: 200, method: '_OTHER', path: '' },
    { start: 300.25, method: 'PATCH', path: '/late' },
  ]);
  t.is(reader.inFlight(100.4).length, 0);
  t.is(reader.inFlight(200).length, 2);
  t.is(reader.oldestStart(), 100.5);
  slots.release(late);
  t.is(reader.inFlight().length, 2);
});

test('1024 requests have a slot, the next has none until one is released', (t) => {
  const { slots, reader } = map();
  const taken: number[] = Array.from({ length: SLOTS }, (_, i) => slots.take(i + 1, GET, `/${i}`));
  t.is(new Set(taken).size, 1024);
  t.true(taken.every((slot) => slot >= 0 && slot < SLOTS));
  t.is(slots.take(5000, GET, '/one/too/many'), -1);
  slots.release(-1);
  t.is(slots.take(5000, GET, '/one/too/many'), -1);
  t.is(reader.inFlight().length, SLOTS);
  slots.release(taken[500]!);
  t.is(slots.take(6000, GET, '/next'), taken[500]!);
  t.is(slots.take(7000, GET, '/none'), -1);
  t.deepEqual(shown(reader).at(-1), { start: 6000, method: 'GET', path: '/next' });
  for (const slot of taken) slots.release(slot);
  t.deepEqual(reader.inFlight(), []);
  t.is(new Set(Array.from({ length: SLOTS }, () => slots.take(1, GET, '/'))).size, SLOTS);
});

test('A slot that is used again shows nothing of its last request', (t) => {
  const { slots, reader } = map();
  const last = slots.take(1, METHODS.indexOf('DELETE'), `/${'secret'.repeat(30)}`);
  slots.setRoute(last, '/secret/:route');
  slots.setPhase(last, SEND);
  slots.release(last);
  const slot = slots.take(2, GET, '/x');
  t.is(slot, last);
  t.deepEqual(reader.inFlight(), [{ slot, start: 2, method: 'GET', path: '/x', route: undefined, phase: 'handle' }]);
  slots.release(-1);
});

test('A path is cut at 118 characters and never reaches the next slot or the log', (t) => {
  const { slots, reader, store } = map();
  const free = new Float64Array(store.buffer).slice();
  const lengths = [SLOT_TEXT_BYTES - 1, SLOT_TEXT_BYTES, SLOT_TEXT_BYTES + 1, 256, 100_000];
  for (const length of lengths) {
    const slot = slots.take(9, GET, 'a'.repeat(length));
    t.is(reader.inFlight()[0]!.path, 'a'.repeat(Math.min(length, 118)));
    slots.release(slot);
  }
  for (let i = 0; i < SLOTS; i++) slots.take(i + 1, GET, 'z'.repeat(1000));
  t.true(reader.inFlight().every(({ path, method }) => path === 'z'.repeat(118) && method === 'GET'));
  const logAt = (512 + SLOTS * 256) / 8;
  t.deepEqual(new Float64Array(store.buffer).slice(logAt, logAt + 100), free.slice(logAt, logAt + 100));
});

test('A path that is not ASCII is one byte a character, Latin-1 intact', (t) => {
  const { slots, reader } = map();
  slots.take(1, GET, '/caf\xe9\xff');
  slots.take(2, GET, '/\u4e16\u{1f600}'.repeat(60));
  slots.take(3, GET, '/\0\r\n"\x1b[2J');
  const [latin, wide, control] = reader.inFlight();
  t.is(latin!.path, '/caf\xe9\xff');
  t.is(wide!.path.length, 118);
  t.true([...wide!.path].every((character) => character.charCodeAt(0) <= 0xff));
  t.is(control!.path, '/\0\r\n"\x1b[2J');
});

test('A request shows its phase and, once it is known, its route', (t) => {
  const { slots, reader } = map();
  const slot = slots.take(1, GET, '/items/7');
  const read = () => reader.inFlight().map(({ phase, route, path }) => [phase, route, path]);
  t.deepEqual(read(), [['handle', undefined, '/items/7']]);
  slots.setPhase(slot, RECEIVE);
  slots.setRoute(slot, '/items/:id');
  t.deepEqual(read(), [['receive', '/items/:id', '/items/7']]);
  slots.setPhase(slot, SEND);
  slots.setRoute(slot, '/a');
  t.deepEqual(read(), [['send', '/a', '/items/7']]);
  slots.setPhase(-1, RECEIVE);
  slots.setRoute(-1, '/nobody');
  t.deepEqual(read(), [['send', '/a', '/items/7']]);
});

test('A route is cut at a whole character and touches neither its path nor the next slot', (t) => {
  const { slots, reader } = map();
  const [first, second] = [slots.take(1, GET, 'p'.repeat(200)), slots.take(2, GET, '/second')];
  t.is(Math.abs(first - second), 1);
  slots.setRoute(first, `/${'\u4e16'.repeat(100)}`);
  slots.setRoute(second, 'r'.repeat(1000));
  const [a, b] = reader.inFlight();
  t.is(a!.route, `/${'\u4e16'.repeat(41)}`);
  t.is(a!.path, 'p'.repeat(SLOT_TEXT_BYTES));
  t.is(b!.route, 'r'.repeat(SLOT_ROUTE_BYTES));
  t.is(b!.path, '/second');
});

test('A path shows no query, fragment, user name or authority, wherever it was cut', (t) => {
  const { slots, reader } = map();
  const targets: [target: string, path: string][] = [
    ['/a?token=secret', '/a'],
    ['/a#secret', '/a'],
    ['/a?b?c#d', '/a'],
    ['?secret', ''],
    ['*', '*'],
    ['http://user:secret@host:1/a/b?secret', '/a/b'],
    ['HTTPS://secret@host', '/'],
    ['http://host?secret', '/'],
    [`http://user:${'secret'.repeat(50)}@host/a`, '/'],
    ['//host/a', '//host/a'],
    ['/http://x/y', '/http://x/y'],
    [`/${'a'.repeat(112)}?secret`, `/${'a'.repeat(112)}`],
  ];
  for (const [target, path] of targets) {
    const slot = slots.take(1, GET, target);
    t.deepEqual(
      reader.inFlight().map((request) => request.path),
      [path],
      target,
    );
    slots.release(slot);
  }
});
