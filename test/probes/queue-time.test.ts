import test from 'ava';
import { ABSURD, INVALID, parseQueueStart, QUEUE_REASONS, SKEWED } from '../../src/probes/queue-time.ts';

/** Epoch ms of 2026-11-21, within the digits that every unit needs. */
const NOW = 1795219456184.5;
const MICROSECOND = 1e-6;

test('What the four front ends really send is read to the microsecond', (t) => {
  const golden: [name: string, header: string, now: number, seconds: number][] = [
    ['nginx, seconds with milliseconds', 't=1795219456.053', 1795219456184, 0.131],
    ['haproxy date(0,us)', 't=1795219456133733', 1795219456184, 0.050267],
    ['Apache %t with a duration', 't=1795219456184292 D=85', 1795219456185, 0.000708],
    ['Heroku, milliseconds', '1512379167574', 1512379167600, 0.026],
    ['nanoseconds', '1795219456184292123', 1795219456185, 0.000707877],
    ['whole seconds', '1795219456', 1795219456750, 0.75],
    ['the ts= prefix', 'ts=1795219456184', 1795219456185, 0.001],
    ['a list, of which the first counts', 't=1795219456184, t=1', 1795219456185, 0.001],
    ['spaces around the first part', ' 1795219456184 ,x', 1795219456185, 0.001],
    ['milliseconds with a fraction', '1795219456184.25', 1795219456185, 0.00075],
    ['a fraction far below a nanosecond', `1795219456.${'1'.repeat(40)}`, 1795219456200, 0.088888889],
  ];
  for (const [name, header, now, seconds] of golden) {
    const found = parseQueueStart(header, now);
    t.true(Math.abs(found - seconds) < MICROSECOND / 2, `${name}: ${header} gave ${found}, not ${seconds}`);
  }
});

test('What is not a time of a known unit is invalid', (t) => {
  const broken = [
    '',
    ' ',
    't=',
    'ts=',
    't',
    ',',
    ',1795219456184',
    't=t=1795219456184',
    'T=1795219456184',
    'x=1795219456184',
    '-1795219456184',
    '+1795219456184',
    '1795219456184.',
    '.1795219456184',
    '1795219456.0.5',
    '1.795219456184e12',
    '0x1795219456184',
    '1795219456184n',
    '1_795_219_456_184',
    '1795219456 184',
    '1795219456184D=85',
    'D=85',
    't= 1795219456184',
    '1795219456184\n1795219456184',
    '1795219456184\0',
    'NaN',
    'Infinity',
    'Sat, 21 Nov 2026 02:44:16 GMT',
    '%[date]%[date_us]',
    '(null)',
    '１７９５２１９４５６１８４',
  ];
  for (const header of broken) t.is(parseQueueStart(header, NOW), INVALID, JSON.stringify(header));
});

test('Every count of integer digits but 10, 13, 16 and 19 is invalid, as in the broken %[date]%[date_us] of haproxy', (t) => {
  for (let digits = 1; digits <= 60; digits++) {
    const found = parseQueueStart('1795219456184292123'.repeat(4).slice(0, digits), NOW);
    if ([10, 13, 16, 19].includes(digits)) t.true(found >= 0, `${digits} digits`);
    else t.is(found, INVALID, `${digits} digits`);
  }
  // `%[date]` is 10 digits and `%[date_us]` up to 6 without leading zeros: 16 only when the microseconds have six.
  t.is(parseQueueStart('t=179521945633733', NOW), INVALID);
});

test('A stamp may lead the clock by one millisecond, which counts as no wait, and not by more', (t) => {
  t.is(parseQueueStart('1795219456184', 1795219456184), 0);
  t.is(parseQueueStart('1795219456184900', 1795219456184), 0);
  t.is(parseQueueStart('1795219456185100', 1795219456184), SKEWED);
  t.is(parseQueueStart('1795219456', 1795219455998.9), SKEWED);
  t.is(parseQueueStart('9999999999', NOW), SKEWED);
  t.is(parseQueueStart('9999999999999999999', NOW), SKEWED);
});

test('A wait of ten minutes is a wait, a longer one is absurd', (t) => {
  t.is(parseQueueStart('1795219456', 1795220056000), 600);
  t.is(parseQueueStart('1795219456', 1795220056001), ABSURD);
  t.is(parseQueueStart('0000000000', NOW), ABSURD);
  t.is(parseQueueStart('0000000000000000000', NOW), ABSURD);
  t.is(parseQueueStart('1000000000.5', NOW), ABSURD);
});

test('A header of any length is refused without reading it', (t) => {
  t.is(parseQueueStart(`1795219456184${' '.repeat(60)}`, NOW), INVALID);
  const started = process.hrtime.bigint();
  for (const unit of ['9', ' ', 't=', ' D=', ',', '1.', '0'])
    for (let i = 0; i < 2000; i++) parseQueueStart(unit.repeat(16384 / unit.length), NOW);
  t.true(process.hrtime.bigint() - started < 5_000_000_000n);
});

test('Random times come back in each unit, none loses a microsecond', (t) => {
  for (let i = 0; i < 20_000; i++) {
    const now = 1_000_000_000_000 + Math.floor(Math.random() * 8e12) + Math.floor(Math.random() * 1000) / 1000;
    const nowNs = BigInt(Math.floor(now)) * 1_000_000n + BigInt(Math.round((now % 1) * 1e6));
    const waitNs = BigInt(Math.floor(Math.random() * 599e9));
    const stamp = String(nowNs - waitNs).padStart(19, '0');
    const headers = [
      stamp,
      `t=${stamp.slice(0, 16)}.${stamp.slice(16)}`,
      `ts=${stamp.slice(0, 13)}.${stamp.slice(13)}`,
      `${stamp.slice(0, 10)}.${stamp.slice(10)} D=7`,
    ];
    for (const header of headers) {
      const error = Math.abs(parseQueueStart(header, now) - Number(waitNs) / 1e9);
      if (!(error < MICROSECOND)) return t.fail(`${header} at ${now}: off by ${error} s`);
    }
  }
  t.pass();
});

test('Random bytes give a verdict or a time within ten minutes, and never throw', (t) => {
  const alphabet = '0123456789.,tsD= \0é-';
  for (let i = 0; i < 50_000; i++) {
    let header = '';
    for (let j = Math.floor(Math.random() * 70); j > 0; j--)
      header += alphabet[Math.floor(Math.random() * alphabet.length)];
    const found = parseQueueStart(header, NOW);
    if (!((found >= 0 && found <= 600) || found in QUEUE_REASONS)) return t.fail(`${JSON.stringify(header)}: ${found}`);
  }
  t.pass();
});

test('Each verdict has its name', (t) => {
  t.deepEqual(
    [INVALID, SKEWED, ABSURD].map((verdict) => QUEUE_REASONS[verdict]),
    ['invalid', 'skewed', 'absurd'],
  );
});
