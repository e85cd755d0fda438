import test from 'ava';
import { amount, bytes, clock, cores, percent, time } from '../../../src/cli/top/units.ts';

test('Times are in the unit that people use', (t) => {
  const cases: [number | null, string][] = [
    [null, '-'],
    [Number.NaN, '-'],
    [0, '0'],
    [-1, '0'],
    [0.0001, '<1ms'],
    [0.0009, '0.9ms'],
    [0.0123, '12ms'],
    [0.9996, '1.0s'],
    [1.94, '1.9s'],
    [9.96, '10s'],
    [59.6, '60s'],
    [100, '1m40s'],
    [3599.6, '1h00m'],
    [86_399.9, '1d0h'],
    [864_000, '10d0h'],
    [8.64e6, '100d'],
  ];
  for (const [seconds, text] of cases) t.is(time(seconds), text, `${seconds}`);
});

test('No number is wider than its column', (t) => {
  for (let power = -9; power < 9; power += 0.01) {
    const value = 10 ** power;
    t.true(time(value).length <= 6, `${value}: ${time(value)}`);
    if (power < 8) t.true(amount(value).length <= 5, `${value}: ${amount(value)}`);
    t.true(bytes(value * 1e3).length <= 6, `${value}: ${bytes(value * 1e3)}`);
  }
});

test('Amounts, shares, sizes and cores', (t) => {
  t.deepEqual([0, 0.001, 0.04, 1, 7.81, 9.96, 312.4, 12_345, 4_560_000].map(amount), [
    '0',
    '<.01',
    '0.04',
    '1',
    '7.8',
    '10',
    '312',
    '12.3k',
    '4.6M',
  ]);
  t.deepEqual([0, 0.001, 0.424, 1.3].map(percent), ['0%', '<1%', '42%', '130%']);
  t.deepEqual([0, 98e6, 999.6e6, 1.34e9].map(bytes), ['0k', '98M', '1.0G', '1.3G']);
  t.deepEqual([0, 0.126, 3].map(cores), ['0.00', '0.13', '3.00']);
  t.deepEqual([amount(null), percent(null), bytes(null), cores(null)], ['-', '-', '-', '-']);
  t.regex(clock(0), /^\d\d:\d\d:00$/);
});
