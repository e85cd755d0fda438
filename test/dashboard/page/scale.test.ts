import test from 'ava';
import { axisRange, increments, isInSight, tickText } from '../../../src/dashboard/page/scale.ts';

test('An axis begins at zero, holds all, and does not blow up noise', (t) => {
  t.deepEqual(axisRange('seconds', 0.2, 1), [0, 1.08]);
  t.deepEqual(axisRange('seconds', 0, 1e-7), [0, 0.001]);
  t.deepEqual(axisRange('count', null, null), [0, 4]);
  const [bottom, top] = axisRange('number', -10, -5);
  t.true(bottom < -10 && top > 0);
});

test('Marks of counts and sizes are whole', (t) => {
  t.true(increments('count').every(Number.isInteger));
  t.true(increments('bytes').every(Number.isInteger));
  t.true(increments('seconds').includes(0.005));
  for (const unit of ['count', 'seconds'] as const) {
    const list = increments(unit);
    t.deepEqual(
      list,
      list.toSorted((a, b) => a - b),
    );
  }
});

test('Marks are short', (t) => {
  t.is(tickText('seconds', 0), '0');
  t.is(tickText('cores', 0.5), '0.5');
  t.is(tickText('rate', 25_000), '25k/s');
  t.is(tickText('bytes', 2e8).replace('\u00a0', ' '), '200 MB');
});

test('A limit is drawn once what it limits comes within a quarter of it', (t) => {
  t.true(isInSight(512, 128));
  t.false(isInSight(4000, 128));
  t.false(isInSight(null, 128));
  t.false(isInSight(512, null));
});
