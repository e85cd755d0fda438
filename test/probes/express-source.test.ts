import test from 'ava';
import { alternativesOf, mountTexts } from '../../src/probes/express-source.ts';

const texts = (source: string, ...names: (string | number)[]) =>
  mountTexts(
    source,
    names.map((name) => ({ name })),
  );

test('The regular expressions of path-to-regexp 0.1.13 read as they were registered', (t) => {
  t.deepEqual(texts(String.raw`^\/org(?:\/([^/]+?))\/?(?=\/|$)`, 'org'), ['/org/:org']);
  t.deepEqual(texts(String.raw`^\/a(?:\/([^/]+?))?\/?(?=\/|$)`, 'b'), ['/a/:b?']);
  t.deepEqual(texts(String.raw`^\/v(?:((?:(?!\/|\/v).)+?))\/?(?=\/|$)`, 'ver'), ['/v:ver']);
  t.deepEqual(texts(String.raw`^(?:\/([^/]+?))-(?:((?:(?!\/|-).)+?))\/?(?=\/|$)`, 'a', 'b'), ['/:a-:b']);
  t.deepEqual(texts(String.raw`^\/x\/(.*)\/?(?=\/|$)`, 0), ['/x/*']);
  t.deepEqual(texts(String.raw`^(?:\/(\d+))\/?(?=\/|$)`, 'id'), [String.raw`/:id(\d+)`]);
  t.deepEqual(texts(String.raw`^\/f(?:\.([^/\.]+?))\/?(?=\/|$)`, 'ext'), ['/f.:ext']);
  t.deepEqual(texts(String.raw`^\/a\.b\/?(?=\/|$)`), ['/a.b']);
  t.deepEqual(texts(String.raw`^\/?(?=\/|$)`), ['']);
  t.deepEqual(texts(String.raw`^\/a\/?(?=\/|$)|^\/b(?:\/([^/]+?))\/?(?=\/|$)`, 'c'), ['/a', '/b/:c']);
});

test('So do those of path-to-regexp 0.1.7, which most of Express 4 used', (t) => {
  t.deepEqual(texts(String.raw`^\/org\/(?:([^\/]+?))\/?(?=\/|$)`, 'org'), ['/org/:org']);
  t.deepEqual(texts(String.raw`(?:^\/a\/?(?=\/|$)|^\/b\/(?:([^\/]+?))\/?(?=\/|$))`, 'c'), ['/a', '/b/:c']);
});

test('A regular expression that the app wrote is none of them', (t) => {
  t.is(texts(String.raw`^\/re(x)`, 0), undefined);
  t.is(texts(String.raw`\/a\/?(?=\/|$)`), undefined);
  t.is(texts(''), undefined);
});

test('Alternatives are cut only where no group, class or escape surrounds the bar', (t) => {
  t.deepEqual(alternativesOf('a|b'), ['a', 'b']);
  t.deepEqual(alternativesOf(String.raw`(a|b)|[|]|\||(?:x(?:y|z))`), ['(a|b)', '[|]', String.raw`\|`, '(?:x(?:y|z))']);
  t.deepEqual(alternativesOf(''), ['']);
});

test('Broken sources end', (t) => {
  for (const source of ['(', '[', '\\', '(?:', '((((', '^(\\/?(?=\\/|$)', '^[\\/?(?=\\/|$)']) {
    t.true(alternativesOf(source).length >= 1);
    t.notThrows(() => texts(source, 'a'));
  }
});
