import test from 'ava';
import { dottedNaming, originOf, taggedNaming } from '../../adapters/graphite-names.ts';
import { parseTemplate, type Template } from '../../adapters/graphite-template.ts';
import type { Attributes } from '../../src/snapshot/metric.ts';
import { seededRandom } from '../exposition/random-snapshot.ts';

const ORIGIN = { service: 'shop', host: 'web1.example', instance: '7' };

function template(text: string): Template {
  const parsed = parseTemplate(text);
  if (!('value' in parsed)) throw new Error(parsed.remedy);
  return parsed.value;
}

function tagged(name: string, attributes: Attributes = {}): string {
  const { head, tail } = taggedNaming(ORIGIN)({ name, kind: 'gauge' }, attributes);
  return head + tail;
}

function dotted(name: string, attributes: Attributes = {}, text = '{service}.{host}.{metric}.{attributes}'): string {
  const { head, tail } = dottedNaming(template(text), ORIGIN)({ name, kind: 'gauge' }, attributes);
  return head + tail;
}

test('a tagged name has its tags in the order of their text', (t) => {
  t.is(tagged('a.b', { 'z.z': 1, 'a.a': true }), 'a.b;a.a=true;host=web1.example;instance=7;service=shop;z.z=1');
});

test('a dotted name follows the template, attributes as pairs of nodes', (t) => {
  t.is(dotted('a.b', { z: '/x/:id', b: 2 }), 'shop.web1_example.a.b.b.2.z._x_id');
  t.is(dotted('a.b'), 'shop.web1_example.a.b');
  t.is(dotted('a', { k: 'v' }, 'key.{instance}.{attributes}.{metric}'), 'key.7.k.v.a');
});

test('an attribute without a value is no attribute', (t) => {
  t.is(tagged('a', { b: '' }), tagged('a'));
  t.is(dotted('a', { b: '' }), dotted('a'));
});

test('tags that Graphite or the resource has are not taken over', (t) => {
  t.is(
    tagged('a', { name: 'x', host: 'evil', exported_host: 'y' }),
    'a;exported_host=y;exported_host_=evil;exported_name=x;host=web1.example;instance=7;service=shop',
  );
});

test('keys that come out alike stay apart', (t) => {
  t.regex(tagged('a', { 'k;': 1, 'k=': 2, k_: 3 }), /;k_=1;k__=2;k___=3/);
});

test('what is long is cut and stays apart', (t) => {
  const long = 'é'.repeat(10_000);
  t.true(tagged(long, { [long]: long }).length < 700);
  const value = (last: string) => tagged('a', { k: 'x'.repeat(10_000) + last });
  t.not(value('1'), value('2'));
  t.is(value('1'), value('1'));
});

const SIGNS = [
  ...['\n', '\r', ' ', '\t', '\0', ';', '!', '^', '=', '~', '.', '..', '', '"', "'", '`', '\\', '/', '{', '}', '*'],
  ...['[', ']', '(', ')', ',', '#', '%', '😀', '\ud800', 'é', '\u00a0', '\u2028', '__proto__', 'constructor', 'a', '0'],
];

test('no mix of signs makes a name that carbon reads otherwise', (t) => {
  const random = seededRandom(7);
  const text = () => Array.from({ length: Math.floor(random() * 5) }, () => SIGNS[Math.floor(random() * 37)]).join('');
  for (let i = 0; i < 20_000; i++) {
    const attributes: Attributes = Object.fromEntries([
      [text(), text()],
      [text(), text()],
    ]);
    const name = text();
    const nodes = dotted(name, attributes).split('.');
    t.true(
      nodes.every((node) => /^[A-Za-z0-9_-]+$/.test(node)),
      JSON.stringify([name, attributes]),
    );
    const [path, ...tags] = tagged(name, attributes).split(';');
    t.regex(path!, /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/);
    t.is(new Set(tags.map((tag) => tag.split('=')[0])).size, tags.length);
    for (const tag of tags) {
      if (!/^[A-Za-z0-9_.-]+=(?!~)[\x21-\x3a\x3c-\x7e]+$/.test(tag)) t.fail(JSON.stringify([tag, attributes]));
    }
  }
});

test('the instance is the id that was given, else the process id: a random one would make files for ever', (t) => {
  const random = { 'service.instance.id': crypto.randomUUID(), 'process.pid': 12 };
  t.deepEqual(originOf(random, 'h'), { service: 'unknown_service', host: 'h', instance: '12' });
  t.is(originOf({ ...random, 'service.instance.id': 'web-1' }, 'h').instance, 'web-1');
  t.deepEqual(originOf({}, ''), { service: 'unknown_service', host: 'unknown_host', instance: '0' });
});

test('a template that would let series overwrite each other, or is malformed, is refused with a remedy', (t) => {
  for (const text of ['', '{metric}', '{attributes}', '{metric}..{attributes}', '{metric}.{attributes}.{x}']) {
    t.true('remedy' in parseTemplate(text), text);
  }
  for (const text of ['{metric}.{attributes}.', 'a b.{metric}.{attributes}', '{metric}.{metric}.{attributes}']) {
    t.true('remedy' in parseTemplate(text), text);
  }
});
