import test from 'ava';
import { METHODS, SLOT_TEXT_BYTES, SLOTS } from '../../src/store/layout.ts';
import { StoreReader } from '../../src/store/reader.ts';
import { Slots } from '../../src/store/slots.ts';
import { StoreWriter } from '../../src/store/writer.ts';

const GET = METHODS.indexOf('GET');

function map() {
  const store = new StoreWriter();
  return { slots: new Slots(store.buffer), reader: new StoreReader(store.buffer), store };
}

test('Requests in flight are read oldest first, with their method and path', (t) => {
  const { slots, reader } = map();
  t.deepEqual(reader.inFlight(), []);
  t.is(reader.oldestStart(), Number.POSITIVE_INFINITY);
  const late = slots.take(300.25, METHODS.indexOf('PATCH'), '/late?q=1');
  slots.take(100.5, GET, '/early');
  slots.take(200, 0, '');
  t.deepEqual(reader.inFlight(), [
    { start: 100.5, method: 'GET', path: '/early' },
    { start: 200, method: '_OTHER', path: '' },
    { start: 300.25, method: 'PATCH', path: '/late?q=1' },
  ]);
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
  t.deepEqual(reader.inFlight().at(-1), { start: 6000, method: 'GET', path: '/next' });
  for (const slot of taken) slots.release(slot);
  t.deepEqual(reader.inFlight(), []);
  t.is(new Set(Array.from({ length: SLOTS }, () => slots.take(1, GET, '/'))).size, SLOTS);
});

test('A slot that is used again shows nothing of its last request', (t) => {
  const { slots, reader } = map();
  slots.release(slots.take(1, METHODS.indexOf('DELETE'), `/${'secret'.repeat(30)}`));
  slots.take(2, GET, '/x');
  t.deepEqual(reader.inFlight(), [{ start: 2, method: 'GET', path: '/x' }]);
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
  const logAt = (512 + SLOTS * 128) / 8;
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
