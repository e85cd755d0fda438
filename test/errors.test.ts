import { readFileSync } from 'node:fs';
import test from 'ava';
import { CATALOGUE, type Code, describe, reasonOf } from '../src/errors.ts';

const DOCS = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');

test('docs/errors.md holds exactly the codes, messages and remedies of the catalogue', (t) => {
  const sections = DOCS.matchAll(/^## (\S+)\n\nMessage: (.+)\n\nRemedy: (.+)$/gm);
  const documented = [...sections].map(([, code, message, remedy]) => [code!, { message, remedy }] as const);
  t.is(DOCS.match(/^## /gm)?.length, documented.length, 'every section has the form that this test reads');
  t.deepEqual(Object.fromEntries(documented), CATALOGUE as object);
});

test('every code has its own message, and both texts are one line without a final stop', (t) => {
  const entries = Object.entries(CATALOGUE);
  t.is(new Set(entries.map(([, { message }]) => message)).size, entries.length);
  for (const [code, { message, remedy }] of entries) {
    t.regex(code, /^ERR_LOADLINE_[A-Z]+(_[A-Z]+)*$/);
    for (const text of [message, remedy]) t.regex(text, /^[^\n]{10,}[^.\n]$/, code);
  }
});

test('every code fills in all of its parameters', (t) => {
  for (const [code, { message, remedy }] of Object.entries(CATALOGUE)) {
    const names = [...`${message} ${remedy}`.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
    const line = describe(code as Code, Object.fromEntries(names.map((name) => [name, `<${name}>`])) as never);
    t.notRegex(line, /[{}]|undefined/);
    for (const name of names) t.true(line.includes(`<${name}>`), `${code} ${name}`);
    t.true(line.endsWith(` [${code}]`));
  }
});

test('a line says message, remedy and code', (t) => {
  t.is(
    describe('ERR_LOADLINE_PORT_FORBIDDEN', { host: '127.0.0.1', port: 80 }),
    'port 80 on 127.0.0.1 is forbidden to this user, so no metrics are served: ' +
      'set OTEL_EXPORTER_PROMETHEUS_PORT to a port from 1024 up [ERR_LOADLINE_PORT_FORBIDDEN]',
  );
});

test('a parameter is never taken for a template or for a replacement pattern, and is cut when it is long', (t) => {
  const line = describe('ERR_LOADLINE_PROBE_UNSUPPORTED', { probe: "{reason} $& $1 $'", reason: 'r'.repeat(100_000) });
  t.true(line.startsWith("probe {reason} $& $1 $' is off (rrr"));
  t.true(line.length < 600);
});

test('a code asks for exactly its own parameters', (t) => {
  // @ts-expect-error: `port` is missing
  t.true(describe('ERR_LOADLINE_PORT_FORBIDDEN', { host: 'h' }).includes('port undefined'));
  // @ts-expect-error: there is no such code
  t.throws(() => describe('ERR_LOADLINE_NONSENSE', {}));
});

test('reasonOf takes whatever is thrown', (t) => {
  t.is(reasonOf(new Error('boom')), 'boom');
  t.is(reasonOf(new TypeError()), 'TypeError');
  t.is(reasonOf('text'), 'text');
  t.is(reasonOf(undefined), 'undefined');
  t.is(reasonOf(null), 'null');
  t.is(reasonOf(Symbol('s')), 'Symbol(s)');
  t.is(reasonOf(Object.create(null)), 'an unprintable object');
  t.is(reasonOf(new Proxy({}, { getPrototypeOf: () => [].at(9)! })), 'an unprintable object');
  const evil = new Error();
  Object.defineProperty(evil, 'message', { get: () => ({ toString: () => (undefined as never as Error).message }) });
  t.is(reasonOf(evil), 'an unprintable object');
  t.is(reasonOf(new Error('x'.repeat(1e6))).length, 301);
});
