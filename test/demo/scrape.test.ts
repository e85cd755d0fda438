import test from 'ava';
import { parseSamples } from '../../examples/demo/scrape.ts';

test('comments, blank lines, plain and labelled samples', (t) => {
  const text = [
    '# HELP a_total Things. {x="1"} 2',
    '# TYPE a_total counter',
    '',
    'a_total 3',
    'b{} 4',
    'c{one="1",two="zwei"} 5.5',
    'd { one = "1" , } 6\r',
    '  e{x="y"}\t7\t1700000000000',
    '',
  ].join('\n');
  t.deepEqual(parseSamples(text), [
    { name: 'a_total', labels: {}, value: 3 },
    { name: 'b', labels: {}, value: 4 },
    { name: 'c', labels: { one: '1', two: 'zwei' }, value: 5.5 },
    { name: 'd', labels: { one: '1' }, value: 6 },
    { name: 'e', labels: { x: 'y' }, value: 7 },
  ]);
});

test('every form of a number', (t) => {
  const values = ['0', '-1', '+1.5', '1e-9', '1.5E+10', '+Inf', '-Inf', 'Inf', 'NaN'];
  t.deepEqual(
    parseSamples(values.map((value) => `x ${value}`).join('\n')).map((sample) => sample.value),
    [0, -1, 1.5, 1e-9, 1.5e10, Infinity, -Infinity, Infinity, Number.NaN],
  );
});

test('label values keep quotes, backslashes, newlines, braces, commas and unicode', (t) => {
  const [sample] = parseSamples('x{a="q\\"q",b="b\\\\n",c="n\\nn",d="} 5, {",e="ü/:id=\\"",f=""} 1');
  t.deepEqual(sample?.labels, { a: 'q"q', b: 'b\\n', c: 'n\nn', d: '} 5, {', e: 'ü/:id="', f: '' });
});

test('a long value of backslashes is read in linear time', (t) => {
  const began = performance.now();
  t.throws(() => parseSamples(`x{a="${'\\'.repeat(200_000)} 1`), { instanceOf: SyntaxError });
  t.true(performance.now() - began < 5000);
});

test('an empty text has no samples', (t) => {
  t.deepEqual(parseSamples(''), []);
  t.deepEqual(parseSamples('# EOF\n'), []);
});

for (const line of [
  'x',
  'x{} ',
  'x 1 2 3',
  'x{a=1} 2',
  'x{a="1} 2',
  'x{a="1"b="2"} 2',
  '1x 2',
  'x 0x',
  '<html>',
  'x{a="1"} y',
]) {
  test(`what is not a sample is refused and shown: ${line}`, (t) => {
    const error = t.throws(() => parseSamples(`ok 1\n${line}`), { instanceOf: SyntaxError });
    t.true(error?.message.includes(line.trim()));
  });
}
