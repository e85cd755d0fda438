import { createRequire } from 'node:module';
import test from 'ava';
import { learnText, type Matcher, textOfKeys } from '../../src/probes/express-learn.ts';

const require = createRequire(import.meta.url);
const fromRouter = createRequire(require.resolve('router'));
const { match } = fromRouter('path-to-regexp') as {
  match(path: string, options: { end: boolean; sensitive?: boolean }): Matcher;
};

/** The text learned for `registered` from one client's path; fails the test if the path does not match. */
function learned(registered: string, path: string, sensitive = false): string | undefined {
  const matcher = match(registered, { end: false, sensitive });
  const taken = matcher(path);
  if (taken === false) throw new Error(`${registered} does not match ${path}`);
  return learnText(matcher, taken);
}

test('The registered text comes back from any path that matches', (t) => {
  const golden: [registered: string, paths: string[]][] = [
    ['/org', ['/org/a', '/ORG', '/org/org']],
    [
      '/org/:org',
      ['/org/acme', '/org/org/org', '/ORG/Org/x', '/org/%6Frg', '/org/%C3%A9%20', '/org/:org', '/org/x', '/org/~0~'],
    ],
    ['/:a/:b', ['/a/b/c', '/a/a', '/%2F/%2F']],
    ['/:a-:b', ['/x-y', '/x-y-z', '/---', '/q-7/']],
    ['/:a.:b', ['/x.y/z', '/v1.2', '/a.b.c']],
    ['/v:version', ['/v1/x', '/vv', '/V2']],
    ['/files/*path', ['/files/a/b/c', '/files/x', '/files/FILES/files']],
    ['/x:y\\x', ['/xax', '/xqqx', '/xqx/x']],
  ];
  for (const [registered, paths] of golden) {
    const expected = registered.replaceAll('\\', '');
    for (const path of paths) t.is(learned(registered, path), expected, `${registered} from ${path}`);
  }
});

test('Letter case is the registered one where it matters, else the lower one', (t) => {
  t.is(learned('/Api/:Key', '/API/Value'), '/api/:Key');
  t.is(learned('/Api/:Key', '/Api/Value', true), '/Api/:Key');
});

test('Of an optional part the form that matched is learned', (t) => {
  t.is(learned('/a{/:b}', '/a'), '/a');
  t.is(learned('/a{/:b}', '/a/b'), '/a/:b');
  t.is(learned('/a{.:ext}', '/a.txt'), '/a.:ext');
});

test('A parameter that occurs twice, or is hidden by another, gives nothing rather than a value', (t) => {
  t.is(learned('/:a/:a', '/secret/other'), undefined);
  const forgetful: Matcher = (path) => ({ path, params: {} });
  t.is(learnText(forgetful, { path: '/secret', params: {} }), undefined);
  const constant: Matcher = (path) => ({ path, params: { a: '1' } });
  t.is(learnText(constant, { path: '/secret', params: { a: '1' } }), undefined);
  const never: Matcher = () => false;
  t.is(learnText(never, { path: '/secret', params: {} }), undefined);
});

test('A path of many thousand characters is not learned from', (t) => {
  t.is(learned('/org/:org', `/org/${'x'.repeat(16_000)}`), undefined);
});

test('What cannot be learned is named by its parameters', (t) => {
  t.is(textOfKeys({ path: '/secret/x/y', params: { a: 'secret', rest: ['x', 'y'] } }), '/:a/*rest');
});

test('No random value of a client is ever in what is learned', (t) => {
  const alphabet = ['a', 'x', 'q', '7', '~', 'Z', '%2F', '%25', '.', '-', ':', '*', '%C3%A9', '$'];
  const word = () =>
    Array.from(
      { length: 1 + Math.floor(Math.random() * 6) },
      () => alphabet[Math.floor(Math.random() * alphabet.length)],
    ).join('');
  const patterns: [registered: string, path: () => string][] = [
    ['/o/:a/p/:b', () => `/o/${word()}/p/${word()}`],
    ['/:a-:b', () => `/${word()}-${word()}`],
    ['/:a.:b/*c', () => `/${word()}.${word()}/${word()}/${word()}`],
    ['/x:a\\x:b', () => `/x${word()}x${word()}`],
  ];
  for (const [registered, path] of patterns) {
    const expected = registered.replaceAll('\\', '');
    for (let i = 0; i < 500; i++) {
      const taken = path();
      const text = match(registered, { end: false })(taken) === false ? undefined : learned(registered, taken);
      if (text !== undefined && text !== expected) return t.fail(`${registered} from ${taken}: ${text}`);
    }
  }
  t.pass();
});
