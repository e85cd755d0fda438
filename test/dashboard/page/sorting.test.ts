import test from 'ava';
import { held, matches, sorted } from '../../../src/dashboard/page/sorting.ts';

interface Row {
  readonly id: string;
  readonly value: number | string | null;
}
const rows = (...values: Row['value'][]): Row[] => values.map((value, at) => ({ id: String(at), value }));
const ids = (list: readonly Row[]) => list.map(({ id }) => id).join('');

test('Numbers sort as numbers, what is not known comes last either way', (t) => {
  const list = rows(10, null, 9, -1);
  t.is(ids(sorted(list, ({ value }) => value, false)), '3201');
  t.is(ids(sorted(list, ({ value }) => value, true)), '0231');
  t.is(ids(list), '0123');
});

test('Texts sort as people count, in any case', (t) => {
  t.is(ids(sorted(rows('worker 10', 'Worker 2', 'worker 1'), ({ value }) => value, false)), '210');
});

test('Equal rows keep their order in both directions', (t) => {
  const list = rows(1, 1, 1);
  t.is(ids(sorted(list, ({ value }) => value, false)), '012');
  t.is(ids(sorted(list, ({ value }) => value, true)), '012');
});

test('Rows that are held keep their places, new ones come last, gone ones are gone', (t) => {
  const list = rows(5, 6, 7, 8);
  t.is(ids(held(list, ['2', 'gone', '0'], ({ id }) => id)), '2013');
});

test('A filter wants every word, anywhere, in any case; it is no pattern', (t) => {
  t.true(matches('', ['anything']));
  t.true(matches('get ORDERS', ['GET /orders/:id']));
  t.true(matches('cpu /x', ['GET /x', 'CPU-heavy']));
  t.false(matches('get post', ['GET /orders']));
  t.false(matches('.*', ['GET /orders']));
  t.true(matches('(', ['f(x)']));
  t.false(matches('yx', ['x', 'y', 'x']));
});
