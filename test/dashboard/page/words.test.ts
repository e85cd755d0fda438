import test from 'ava';
import { attributesText, count, visible } from '../../../src/dashboard/page/words.ts';

test('What cannot be seen or turns text around is written out, all else stays as it is', (t) => {
  t.is(visible('evil\u202egnp.exe'), 'evil\\u202egnp.exe');
  t.is(visible('a\u0000b\nc\u200bd\ufeff\u2066'), 'a\\u0000b\\u000ac\\u200bd\\ufeff\\u2066');
  const fine = '/käse/日本/🚢/<img src=x onerror="alert(1)">/%2e?&amp;';
  t.is(visible(fine), fine);
  t.is(visible(''), '');
});

test('Attributes are one line, their texts quoted', (t) => {
  t.is(attributesText({ route: '/x"y', port: 80, ok: true }), 'route="/x\\"y", port=80, ok=true');
  t.is(attributesText({}), '');
  t.false(/[\u202e\n]/.test(attributesText({ '\u202ekey': 'line\nbreak' })));
});

test('One thing is not several', (t) => {
  t.is(count(1, 'request'), '1 request');
  t.is(count(0, 'request'), '0 requests');
  t.is(count(2, 'series', 'series'), '2 series');
});
