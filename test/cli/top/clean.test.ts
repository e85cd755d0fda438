import test from 'ava';
import { clean, cutTo, sized, widthOf } from '../../../src/cli/top/clean.ts';

/** Controls, format signs and what else may not reach a terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for.
const HARMFUL = /[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Cs}/u;

test('No control, format sign or half sign of any kind comes through', (t) => {
  for (let page = 0; page < 0x1100; page++) {
    const text = Array.from({ length: 256 }, (_, i) => `a${String.fromCodePoint(page * 256 + i)}`).join('');
    if (HARMFUL.test(clean(text))) t.fail(page.toString(16));
    if (/[^ -~]/.test(clean(text, true))) t.fail(`ASCII: ${page.toString(16)}`);
  }
  t.is(clean('\x1b[2J\x1b]0;owned\x07/x\r\n'), '?[2J?]0;owned?/x??');
  t.is(clean('\x9b31m'), '?31m');
  t.is(clean('a\u202egnp.exe'), 'a?gnp.exe');
  t.is(clean('\ud800'), '?');
});

test('Ordinary text of the world stays, composed', (t) => {
  for (const text of ['/users/:id', 'Größe', '漢字', 'Ελλάδα', 'हिन्द', '🚢']) {
    t.is(clean(clean(text)), clean(text));
  }
  t.is(clean('u\u0308'), 'ü');
  t.is(clean('a\tb\u00a0c\u3000d'), 'a b c d');
  t.is(clean('漢🚢ü', true), '???');
});

test('Wide signs take two columns, others one, marks none', (t) => {
  t.is(widthOf('abc'), 3);
  t.is(widthOf('漢字'), 4);
  t.is(widthOf('한글'), 4);
  t.is(widthOf('ｱ'), 1);
  t.is(widthOf('Ａ'), 2);
  t.is(widthOf('🚢'), 2);
  t.is(widthOf(clean(`z${'\u0301'.repeat(50)}`)), 1);
});

test('Text comes out in exactly the width that was asked for, cut text with a sign', (t) => {
  for (const text of ['', 'a', 'abc', 'abcdef', '漢字漢字', 'a漢b字c', '🚢🚢🚢']) {
    for (let width = 0; width < 12; width++) {
      t.is(widthOf(sized(text, width)), width, `${text} in ${width}`);
      t.is(widthOf(sized(text, width, 'right')), width);
      t.true(widthOf(cutTo(text, width)) <= width);
      t.is(cutTo(text, width).endsWith('~'), width > 0 && widthOf(text) > width);
    }
  }
  t.is(sized('ab', 4), 'ab  ');
  t.is(sized('ab', 4, 'right'), '  ab');
  t.is(sized('漢字', 3), '漢~');
});
