import test from 'ava';
import { type Extent, press, START, type State } from '../../../src/cli/top/state.ts';

const EXTENT: Extent = { sortKeys: ['r', 'p', 'n'], rows: 30, height: 10 };

function after(...keys: string[]): State {
  return keys.reduce((state, key) => press(state, key, EXTENT), START);
}

test('Numbers and tab choose a view, from its first row', (t) => {
  t.is(after('2').view, 'routes');
  t.is(after('tab').view, 'workers');
  t.is(after('backtab').view, 'requests');
  t.is(after('tab', 'tab', 'tab', 'tab', 'tab').view, 'all');
  t.is(after('down', '2').offset, 0);
  for (const key of ['5', '9', '٣', '']) t.deepEqual(after(key), START);
});

test('Scrolling stops at both ends', (t) => {
  t.is(after('down', 'down').offset, 2);
  t.is(after('up').offset, 0);
  t.is(after('pagedown', 'pagedown', 'pagedown', 'pagedown').offset, 20);
  t.is(after('end', 'up').offset, 19);
  t.is(after('end', 'home').offset, 0);
  t.is(press(START, 'down', { ...EXTENT, rows: 5 }).offset, 0);
  t.is(press({ ...START, offset: 25 }, 'down', { ...EXTENT, rows: 12 }).offset, 2, 'rows that went');
});

test('A sort key sorts the table that has the keys; again turns it round', (t) => {
  t.deepEqual(after('p').sorting.routes, { key: 'p', isReversed: false });
  t.deepEqual(after('p', 'p').sorting.routes, { key: 'p', isReversed: true });
  t.deepEqual(after('p', 'p', 'p').sorting.routes, { key: 'p', isReversed: false });
  t.deepEqual(after('r').sorting.routes, { key: 'r', isReversed: true }, 'it was sorted by that');
  t.deepEqual(after('1', 'p').sorting.workers, { key: 'p', isReversed: false });
  t.deepEqual(after('1', 'p').sorting.routes, START.sorting.routes);
  t.is(after('down', 'p').offset, 0);
  t.deepEqual(after('x'), START, 'no column has that key');
  t.deepEqual(after('constructor', '__proto__', 'escape'), START);
});

test('Space pauses and goes on; help covers everything, and any key goes back', (t) => {
  t.true(after(' ').isPaused);
  t.false(after(' ', ' ').isPaused);
  t.true(after('?').isHelp);
  for (const key of ['?', 'x', ' ', '2', 'down']) t.deepEqual(after('?', key), START);
});
