import test from 'ava';
import {
  bytes,
  clock,
  duration,
  format,
  formatMetric,
  moment,
  NOTHING,
  unitOf,
} from '../../../src/dashboard/page/units.ts';

/** With ordinary spaces. */
const plain = (text: string) => text.replaceAll('\u00a0', ' ');

test('Durations are read in the unit that fits, up to days', (t) => {
  const cases: [seconds: number, text: string][] = [
    [0, '0 ms'],
    [0.000_000_4, '0.4 µs'],
    [0.000_8, '800 µs'],
    [0.000_999_6, '1 ms'],
    [0.0042, '4.2 ms'],
    [0.0996, '99.6 ms'],
    [0.423_4, '423 ms'],
    [0.999_6, '1 s'],
    [1.54, '1.5 s'],
    [59.94, '59.9 s'],
    [60, '1 min'],
    [192.9, '3 min 12 s'],
    [7500, '2 h 5 min'],
    [86_400 * 3 + 4 * 3600, '3 d 4 h'],
    [-0.5, '-500 ms'],
  ];
  for (const [seconds, text] of cases) t.is(plain(duration(seconds)), text);
});

test('Sizes go in steps of 1000 and never show four figures', (t) => {
  const cases: [size: number, text: string][] = [
    [0, '0 B'],
    [999, '999 B'],
    [999.6, '1 kB'],
    [310e6, '310 MB'],
    [999_600_000, '1 GB'],
    [4_345_298_944, '4.3 GB'],
    [2e21, '2000000 PB'],
    [-5e6, '-5 MB'],
  ];
  for (const [size, text] of cases) t.is(plain(bytes(size)), text);
});

test('Shares are per cent, rates per second, large counts in groups', (t) => {
  t.is(plain(format('share', 0.4249)), '42.5 %');
  t.is(plain(format('share', 0.0002)), '0.02 %');
  t.is(plain(format('share', 1)), '100 %');
  t.is(format('rate', 12.46), '12.5/s');
  t.is(format('count', 1_234_567.8), '1,234,568');
  t.is(format('number', -1234), '-1,234');
  t.is(format('number', 1.5e18), '1.5e+18');
  t.is(plain(format('cores', 0.42)), '0.42 cores');
  t.is(plain(format('cores', 1)), '1 core');
});

test('What is not known is a dash in every unit, and so is what is no number', (t) => {
  for (const unit of ['seconds', 'bytes', 'share', 'rate', 'cores', 'count', 'number'] as const) {
    for (const value of [null, undefined, Number.NaN, Number.POSITIVE_INFINITY]) t.is(format(unit, value), NOTHING);
  }
});

test('A metric is read by its UCUM unit', (t) => {
  t.is(plain(formatMetric('s', 0.25)), '250 ms');
  t.is(plain(formatMetric('By', 2e6)), '2 MB');
  t.is(plain(formatMetric('{item}', 12)), '12 item');
  t.is(formatMetric('1', 0.5), '0.5');
  t.is(formatMetric('', 7), '7');
  t.is(plain(formatMetric('{item}', 12, true)), '12 item/s');
  t.is(formatMetric('s', null), NOTHING);
  t.deepEqual([unitOf('s'), unitOf('By'), unitOf('EUR'), unitOf('s', true)], ['seconds', 'bytes', 'number', 'rate']);
});

test('Times are local; another day is named', (t) => {
  const noon = new Date(2026, 10, 21, 12, 4, 5).getTime();
  t.is(clock(noon), '12:04:05');
  t.is(clock(new Date(2026, 10, 21, 0, 0, 0).getTime()), '00:00:00');
  t.is(moment(noon, noon + 3_600_000), '12:04:05');
  t.regex(moment(noon - 86_400_000, noon), /20.*12:04:05$/);
});
