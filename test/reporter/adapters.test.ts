/** Loading adapters, also those of third parties that are broken in every way: one line each, and the others go on. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { AdapterEntry } from '../../src/config.ts';
import { parse } from '../../src/config.ts';
import { createLog } from '../../src/log.ts';
import { adapterNames, loadAdapter, missingPackage } from '../../src/reporter/adapters.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'loadline-adapters-'));
const MAIN = join(FOLDER, 'main.js');
test.after.always(() => rmSync(FOLDER, { recursive: true, force: true }));

/** A module in the app's folder. */
function file(name: string, text: string): string {
  writeFileSync(join(FOLDER, name), text);
  return `./${name}`;
}

async function load(entry: AdapterEntry) {
  const lines: string[] = [];
  const context = {
    interval: 1000,
    snapshot: () => Promise.reject(new Error('not asked')),
    count: () => undefined,
    log: () => undefined,
  };
  const log = { ...createLog('silent'), warn: (line: string) => void lines.push(line) };
  const name = adapterNames([entry])[0]!;
  const adapter = await loadAdapter({ entry, name, config: parse().config, main: MAIN, context, log });
  return { adapter, lines };
}

const module = (text: string): AdapterEntry => ({ module: `data:text/javascript,${encodeURIComponent(text)}` });

test('A module gets its options and the context, whether it is ESM, CommonJS or compiled to CommonJS', async (t) => {
  const body = '(options, { interval }) => ({ push() {}, routes: { [options.path]: interval } })';
  const specifiers = [
    file('esm.mjs', `export default ${body}`),
    file('async.mjs', `export default async (...args) => (${body})(...args)`),
    file('plain.cjs', `module.exports = ${body}`),
    file('compiled.cjs', `exports.__esModule = true; exports.default = ${body}`),
    file('both.cjs', `module.exports = ${body}; module.exports.default = module.exports`),
  ];
  for (const specifier of specifiers) {
    const { adapter, lines } = await load({ module: specifier, options: { path: '/a' } });
    t.deepEqual(lines, [], specifier);
    t.is(adapter?.routes?.['/a'] as unknown, 1000, specifier);
  }
});

test('Its own adapters are found by name', async (t) => {
  for (const name of ['prometheus', 'graphite', 'pushgateway'] as const) {
    const { adapter, lines } = await load(name);
    t.deepEqual(lines, []);
    t.truthy(adapter?.push ?? adapter?.routes, name);
    await adapter?.close?.(AbortSignal.abort());
  }
});

for (const [what, text, reason] of [
  ['exports nothing', '', /no function as default export/],
  ['exports a number', 'export default 42', /no function as default export/],
  ['exports null', 'export default null', /no function as default export/],
  ['throws while it is loaded', 'throw new Error("at load")', /at load/],
  ['has a syntax error', 'export default {{', /Unexpected token/],
  ['throws', 'export default () => { throw new Error("in the factory") }', /in the factory/],
  ['throws undefined', 'export default () => { throw undefined }', /undefined/],
  ['rejects', 'export default async () => { throw new Error("late no") }', /late no/],
  ['makes nothing', 'export default () => undefined', /made no object/],
  ['makes null', 'export default () => null', /made no object/],
  ['makes a text', 'export default () => "push"', /made no object/],
  ['makes an empty object', 'export default () => ({})', /neither routes nor push/],
  ['makes a push that is no function', 'export default () => ({ push: 1 })', /push is no function/],
  ['makes a close that is no function', 'export default () => ({ push() {}, close: 1 })', /close is no function/],
  [
    'has a made-up temporality',
    'export default () => ({ push() {}, wants: { temporality: "x" } })',
    /temporality is neither/,
  ],
  ['has a getter that throws', 'export default () => ({ get push() { throw new Error("got") } })', /got/],
] as const) {
  test(`An adapter module that ${what} is left out with one line`, async (t) => {
    const { adapter, lines } = await load(module(text));
    t.is(adapter, undefined);
    t.is(lines.length, 1);
    t.regex(lines[0]!, reason);
    t.regex(lines[0]!, /ERR_LOADLINE_ADAPTER_LOAD/);
  });
}

test('One that hangs, while it is loaded or made, is given up after five seconds', async (t) => {
  const begin = performance.now();
  const never = 'new Promise(() => {})';
  const texts = [`await ${never}; export default 1`, `export default () => ${never}`];
  const alive = setInterval(() => undefined, 1000);
  for (const { adapter, lines } of await Promise.all(texts.map((text) => load(module(text))))) {
    t.is(adapter, undefined);
    t.regex(lines.join('\n'), /longer than 5000 ms/);
  }
  clearInterval(alive);
  t.true(performance.now() - begin < 30_000);
});

test('A package that the module needs and nobody installed is named with the command, a missing file is not', async (t) => {
  const peer = await load({ module: file('imports.mjs', 'import "@nobody/has-this"') });
  t.is(peer.adapter, undefined);
  t.regex(peer.lines.join('\n'), /npm install @nobody\/has-this;.*ERR_LOADLINE_ADAPTER_PEER/);

  const required = await load({ module: file('requires.cjs', 'require("nobody-has-this/deep")') });
  t.regex(required.lines.join('\n'), /npm install nobody-has-this;.*ERR_LOADLINE_ADAPTER_PEER/);

  const itself = await load({ module: 'no-such-adapter' });
  t.regex(itself.lines.join('\n'), /npm install no-such-adapter;.*ERR_LOADLINE_ADAPTER_PEER/);

  const missing = await load({ module: './no-such-file.js' });
  t.regex(missing.lines.join('\n'), /no-such-file.*ERR_LOADLINE_ADAPTER_LOAD/s);
});

test('A package of the app is found from the app', async (t) => {
  const folder = join(FOLDER, 'node_modules', '@acme', 'sink');
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: '@acme/sink', type: 'module', exports: { '.': { default: './index.js' } } }),
  );
  writeFileSync(join(folder, 'index.js'), 'export default () => ({ push() {}, wants: { temporality: "delta" } })');
  const { adapter, lines } = await load({ module: '@acme/sink' });
  t.deepEqual(lines, []);
  t.is(adapter?.wants?.temporality, 'delta');
});

test('The same module twice is told apart', (t) => {
  const entries: AdapterEntry[] = ['otlp', { module: 'x' }, { module: 'x' }, { module: 'otlp' }, { module: 'x' }];
  t.deepEqual(adapterNames(entries), ['otlp', 'x', 'x#2', 'otlp#2', 'x#3']);
});

test('A missing package is told from every other error', (t) => {
  const error = (code: string, message: string) => Object.assign(new Error(message), { code });
  const cases: [unknown, string | undefined][] = [
    [error('ERR_MODULE_NOT_FOUND', "Cannot find package 'a' imported from /x"), 'a'],
    [error('MODULE_NOT_FOUND', "Cannot find module '@a/b/c'\nRequire stack:"), '@a/b'],
    [error('ERR_MODULE_NOT_FOUND', "Cannot find module '/x/y.js' imported from /x"), undefined],
    [error('MODULE_NOT_FOUND', "Cannot find module './y'"), undefined],
    [error('ENOENT', "Cannot find module 'a'"), undefined],
    [error('MODULE_NOT_FOUND', 'odd'), undefined],
    [new Error('x'), undefined],
    ['text', undefined],
    [undefined, undefined],
  ];
  for (const [thrown, name] of cases) t.is(missingPackage(thrown), name);
});
