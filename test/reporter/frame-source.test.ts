import test from 'ava';
import { isEntry, isStraight } from '../../src/reporter/frame-source.ts';

const SOURCE = `function build(n) {
  const list = [];
  for (let i = 0; i < n; i++) add(list, i);
  return list;
}
const add = (list, i) => list.push(hash(i));
class Store { get size() { return 1; } async load(id) { return id; } }`.split('\n');
const lineAt = (line: number) => SOURCE[line - 1];
/** The place of the n-th occurrence of a text. */
const at = (text: string, from = 0) => {
  const line = SOURCE.findIndex((each) => each.includes(text)) + 1;
  return { line, column: lineAt(line)!.indexOf(text) + 1 + from };
};

test('A place on the parameter list is an entry', (t) => {
  for (const [start, entry] of [
    [at('function build'), at('(n) {')],
    [at('(list, i) =>'), at('(list, i) =>')],
    [at('size()'), at('size', 4)],
    [at('load(id)'), at('load', 4)],
    [at('get size'), at('size', 4)],
    [at('async load'), at('load', 4)],
  ]) {
    t.true(isEntry(start!, entry!, lineAt(entry!.line)), JSON.stringify([start, entry]));
  }
});

test('A place in the body is none, in the same line or another', (t) => {
  t.false(isEntry(at('(list, i) =>'), at('hash(i)'), lineAt(6)));
  t.false(isEntry(at('function build'), at('const list'), lineAt(2)));
  t.false(isEntry(at('get size'), at('return 1'), lineAt(7)));
  t.false(isEntry(at('get size'), at('size', 4), undefined));
});

test('Before the first loop a place is straight; at it, in it and after it nothing is claimed', (t) => {
  const start = at('function build');
  t.true(isStraight(start, at('const list'), lineAt));
  t.false(isStraight(start, at('for (let'), lineAt));
  t.false(isStraight(start, at('add(list, i);'), lineAt));
  t.false(isStraight(start, at('return list'), lineAt));
  t.true(isStraight(at('(list, i) =>'), at('hash(i)'), lineAt));
});

test('Without the text, or without a start, nothing is claimed', (t) => {
  t.false(isStraight({ line: 1, column: 1 }, { line: 2, column: 1 }, () => undefined));
  t.false(isStraight({ line: 0, column: Number.NaN }, { line: 2, column: 1 }, lineAt));
});
