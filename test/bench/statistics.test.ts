import test from 'ava';

const { center, halfWidth, logLogSlope, median, medianInterval, quantile } = await import(
  new URL('../../../bench/lib/statistics.mjs', import.meta.url).href
);

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

test('The median of an odd number of values is the one in the middle, whatever their order', (t) => {
  t.is(median([9, 1, 5]), 5);
});

test('The median of an even number of values lies between the two in the middle', (t) => {
  t.is(median([10, 2, 1, 4]), 3);
});

test('The median leaves its values as they were', (t) => {
  const values = [3, 1, 2];
  median(values);
  t.deepEqual(values, [3, 1, 2]);
});

test('Numbers are sorted as numbers', (t) => {
  t.is(median([100, 9, 20]), 20);
});

// Ranks of the exact two-sided 95 % interval from tables of the sign test: below and above are each at most 2.5 %.
for (const [count, rank] of [
  [6, 1],
  [8, 1],
  [9, 2],
  [12, 3],
  [20, 6],
  [25, 8],
  [50, 18],
  [100, 40],
] as const)
  test(`The interval of the median of ${count} values reaches to rank ${rank} from both ends`, (t) => {
    t.deepEqual(medianInterval(upTo(count)), [rank, count + 1 - rank]);
  });

for (const count of [1, 2, 5])
  test(`Of ${count} values, which are too few for an interval, the least and the most are given`, (t) => {
    t.deepEqual(medianInterval(upTo(count)), [1, count]);
  });

test('The interval of thousands of values is narrow, and no rounding of tiny probabilities breaks it', (t) => {
  const [low, high] = medianInterval(upTo(5000));
  t.is(low + high, 5001);
  t.true(low > 2400 && low < 2450, String(low));
});

test('The interval covers the true median in 95 of 100 samples', (t) => {
  let seed = 1;
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  let covered = 0;
  for (let i = 0; i < 2000; i++) {
    const [low, high] = medianInterval(Array.from({ length: 30 }, random));
    if (low <= 0.5 && 0.5 <= high) covered++;
  }
  t.true(covered > 1880 && covered < 1980, String(covered));
});

test('The half width is the farther end of the interval as a share of the median', (t) => {
  t.is(halfWidth([90, 95, 100, 100, 110, 130]), 0.3);
});

test('The slope of a power law is its exponent', (t) => {
  const xs = [1, 10, 100, 1000];
  const { exponent, factor } = logLogSlope(
    xs,
    xs.map((x) => 3 * x ** 0.5),
  );
  t.true(Math.abs(exponent - 0.5) < 1e-12);
  t.true(Math.abs(factor - 3) < 1e-12);
});

test('A cost that stays the same has exponent 0', (t) => {
  t.true(Math.abs(logLogSlope([1, 2, 4, 8], [7, 7, 7, 7]).exponent) < 1e-12);
});

test('A quantile is a value that was there', (t) => {
  t.is(quantile(upTo(100), 0.99), 99);
  t.is(quantile(upTo(100), 0), 1);
  t.is(quantile(upTo(100), 1), 100);
  t.is(quantile([5], 0.5), 5);
});

// Critical values of Wilcoxon's signed-rank test, 5 % in both tails together, from its tables.
for (const [count, critical] of [
  [6, 0],
  [7, 2],
  [8, 3],
  [10, 8],
  [12, 13],
  [20, 52],
] as const)
  test(`The interval of the middle of ${count} values leaves out as many means of pairs as the signed-rank test does`, (t) => {
    const values = upTo(count).map((value) => value ** 2);
    const means = values.flatMap((value, i) => values.slice(i).map((other) => (value + other) / 2));
    means.sort((a, b) => a - b);
    const { low, high } = center(values);
    t.is(low, means[critical]);
    t.is(high, means[means.length - 1 - critical]);
  });

test('The middle of values that are symmetric is their median, and one that is far off moves it little', (t) => {
  t.is(center([4, 1, 2, 3, 5]).middle, 3);
  t.true(Math.abs(center([1, 1.01, 0.99, 1.02, 0.98, 1, 1.01, 0.99, 9]).middle - 1) < 0.01);
});

test('With fewer than six values the interval of the middle is the least and the most', (t) => {
  t.deepEqual(center([2]), { middle: 2, low: 2, high: 2 });
  const { low, high } = center([5, 1, 3, 2, 4]);
  t.deepEqual([low, high], [1, 5]);
});

test('The interval of the middle holds the truth about as often as it says', (t) => {
  // A fixed stream of numbers, so that the test says the same each time.
  let state = 1;
  const random = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  const normal = () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
  let held = 0;
  for (let i = 0; i < 1000; i++) {
    const { low, high } = center(upTo(10).map(normal));
    if (low <= 0 && high >= 0) held++;
  }
  t.true(held > 930 && held < 970, String(held));
});
