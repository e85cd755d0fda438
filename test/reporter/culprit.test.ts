import test from 'ava';
import { type Frame, stormVerdictOf, verdictOf } from '../../src/reporter/culprit.ts';

/** `build@3` stands in line 3 of the function `build`; `+` after it: just entered; `-`: no loop is around it. */
function frame(text: string): Frame {
  const [, name, line, mark] = /^([^@]+)@(\d+)([+-]?)$/.exec(text)!;
  const file = name!.startsWith('node') ? `node:internal/${name}` : '/app.js';
  const place = { line: Number(line), column: 1, start: name! };
  return { function: name!, file, ...place, entered: mark === '+', straight: mark !== '' };
}

/** Stacks as text, outermost frame first. */
function named(...stacks: string[]): string | undefined {
  return verdictOf(stacks.map((text) => text.split(' ').map(frame).toReversed())).culprit?.function;
}

test('No stacks, no culprit', (t) => {
  t.deepEqual(verdictOf([]), { culprit: undefined, frames: [], share: 0 });
});

test('The function that stays is named, not the leaf that happened to run', (t) => {
  t.is(named('main@1 build@5 add@9', 'main@1 build@5 hash@2', 'main@1 build@5 add@9'), 'build');
});

test('One stack without a function proves that it was called anew', (t) => {
  t.is(named('main@1 build@5 add@9', 'main@1 build@4', 'main@1 build@5 add@9', 'main@1 build@5 add@9'), 'build');
});

test('So does one that saw it begin, unless it is the first', (t) => {
  t.is(named('main@1 build@5 add@9', 'main@1 build@5 add@8+', 'main@1 build@5 add@9'), 'build');
  t.is(named('main@1 build@5 add@8+', 'main@1 build@5 add@9', 'main@1 build@5 add@9'), 'add');
});

test('So does one at an earlier place with no loop around', (t) => {
  t.is(named('main@1 build@5 add@9-', 'main@1 build@5 add@8-'), 'build');
  t.is(named('main@1 build@5 add@8-', 'main@1 build@5 add@9-'), 'add');
  t.is(named('main@1 build@5 add@9', 'main@1 build@5 add@8'), 'add', 'a loop may be around it');
});

test('A single stack names its innermost function, or its caller when it had just begun', (t) => {
  t.is(named('main@1 load@5'), 'load');
  t.is(named('main@1 load@5 audit@7+'), 'load');
});

test('The code of Node is passed over', (t) => {
  t.is(named('node1@1 main@4 nodeExec@1'), 'main');
  t.is(named('node1@1 node2@4'), undefined);
});

test('The last of many stacks may come when the function had returned', (t) => {
  t.is(named(...Array(9).fill('main@1 build@5'), 'main@2 audit@7+'), 'build');
});

test('Work of another callback in the same turn of the loop does not hide the function that takes nearly all of it', (t) => {
  t.is(named('node1@1 other@5', ...Array(9).fill('node1@2 build@5')), 'build');
});

test('Where nothing stays, the function that is most often on top is named', (t) => {
  t.is(named('a@1', 'b@1', 'a@1', 'c@1'), 'a');
});

test('A function that calls itself is named at whatever depth', (t) => {
  t.is(named('main@1 fib@2', 'main@1 fib@2 fib@2 fib@1+', 'main@1 fib@2 fib@1+'), 'fib');
});

test('Two functions of one name are not one', (t) => {
  const at = (start: string): Frame => ({ ...frame('run@5'), start });
  const stacks = [
    [at('1:1'), frame('main@1')],
    [at('9:1'), frame('main@1')],
  ];
  t.is(verdictOf(stacks).culprit?.function, 'main');
});

test('What stayed is shown from the culprit outwards, with its share', (t) => {
  const stacks = ['main@1 build@5 add@9', 'main@1 build@6 hash@2'].map((text) =>
    text.split(' ').map(frame).toReversed(),
  );
  const { frames, share } = verdictOf(stacks);
  t.deepEqual(
    frames.map(({ function: name, line }) => `${name}:${line}`),
    ['build:6', 'main:1'],
  );
  t.is(share, 1);
});

test('In a storm of microtasks the function that most of them begin with is named, not what it calls', (t) => {
  const stacks = ['poll@1 now@9', 'poll@2 now@9', 'other@1', 'node1@1 poll@3 now@8'];
  const verdict = stormVerdictOf(stacks.map((text) => text.split(' ').map(frame).toReversed()));
  t.is(verdict.culprit?.function, 'poll');
  t.is(verdict.share, 0.75);
  t.is(stormVerdictOf([]).culprit, undefined);
});
