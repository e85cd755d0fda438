import test from 'ava';
import { parseOptions } from '../../examples/demo/options.ts';

test('without flags it runs until it is stopped', (t) => {
  t.deepEqual(parseOptions([]), { options: { duration: undefined, rate: 60 } });
});

for (const [text, ms] of [
  ['20s', 20_000],
  ['500ms', 500],
  ['2m', 120_000],
  ['1h', 3_600_000],
  ['20', 20_000],
  ['1.5s', 1500],
] as const) {
  test(`--for ${text} is ${ms} ms`, (t) => {
    t.deepEqual(parseOptions(['--for', text]), { options: { duration: ms, rate: 60 } });
    t.deepEqual(parseOptions([`--for=${text}`]), { options: { duration: ms, rate: 60 } });
  });
}

test('--rate takes whole and broken numbers within its limits', (t) => {
  for (const rate of [1, 2.5, 2000]) {
    t.deepEqual(parseOptions(['--rate', String(rate)]), { options: { duration: undefined, rate } });
  }
});

test('--help wins over everything that is well formed', (t) => {
  t.deepEqual(parseOptions(['--help', '--for', 'x']), { help: true });
  t.deepEqual(parseOptions(['-h']), { help: true });
});

for (const argv of [
  ['--for'],
  ['--for', ''],
  ['--for', '0'],
  ['--for', '0s'],
  ['--for=-5s'],
  ['--for', '5 s'],
  ['--for', '5d'],
  ['--for', '1.2.3s'],
  ['--for', '.s'],
  ['--for', '1e3'],
  ['--for', '9999999h'],
  ['--for', 'Infinity'],
  ['--rate', '0'],
  ['--rate', '2001'],
  ['--rate', 'many'],
  ['--rate=-1'],
  ['--rate', ''],
  ['--speed', '9'],
  ['20s'],
]) {
  test(`refused in one line that names the remedy: ${JSON.stringify(argv)}`, (t) => {
    const parsed = parseOptions(argv);
    t.true('problem' in parsed, JSON.stringify(parsed));
    const { problem } = parsed as { problem: string };
    t.regex(problem, /--for|--rate/);
    t.false(problem.includes('\n'));
  });
}
