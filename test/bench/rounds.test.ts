import test from 'ava';

const { rounds } = await import(new URL('../../../bench/lib/rounds.mjs', import.meta.url).href);

const PLAIN = { value: (sample: number) => sample, goal: () => 0, seconds: 60 };

test('A ratio is taken to the first one of the same round, not of another', async (t) => {
  // The machine gets slower all the time; the second one costs twice as much as the first at any time.
  let round = 0;
  const measured: string[] = [];
  const measure = async (name: string) => {
    if (measured.length % 2 === 0) round++;
    measured.push(name);
    return (name === 'dear' ? 2 : 1) * 1.5 ** round;
  };
  const found = await rounds({ ...PLAIN, subjects: ['bare', 'dear'], measure, least: 10, most: 10 });
  t.deepEqual(found.get('dear').ratios, Array(10).fill(2));
  t.is(measured.length, 20);
});

test('Everybody has its turns in each round, in an order that changes', async (t) => {
  const orders = new Set<string>();
  const turns: string[] = [];
  const measure = async (name: string) => {
    turns.push(name);
    return 1;
  };
  await rounds({ ...PLAIN, subjects: ['a', 'b', 'c'], measure, least: 40, most: 40 });
  for (let i = 0; i < turns.length; i += 3) orders.add(turns.slice(i, i + 3).join(''));
  t.true(orders.size > 3, [...orders].join());
  t.true([...orders].every((order) => [...order].sort().join('') === 'abc'));
});

test('Who is known well enough leaves, and the others go on', async (t) => {
  let noise = 0;
  const measure = async (name: string) => (name === 'noisy' ? 1 + (noise++ % 2) : 1);
  const found = await rounds({
    ...PLAIN,
    subjects: ['bare', 'steady', 'noisy'],
    measure,
    goal: () => 0.1,
    least: 6,
    most: 20,
  });
  t.is(found.get('steady').ratios.length, 6);
  t.is(found.get('noisy').ratios.length, 20);
});

test('Nobody leaves before the least number of rounds, however late it is', async (t) => {
  const found = await rounds({
    ...PLAIN,
    subjects: ['bare', 'it'],
    measure: async () => 1,
    least: 7,
    most: 20,
    seconds: 0,
  });
  t.is(found.get('it').ratios.length, 7);
});

test('A measurement that fails ends the run with its error', async (t) => {
  const measure = async () => {
    throw new Error('it is gone');
  };
  await t.throwsAsync(rounds({ ...PLAIN, subjects: ['bare', 'it'], measure, least: 1, most: 1 }), {
    message: 'it is gone',
  });
});
