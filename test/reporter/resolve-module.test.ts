import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';
import { resolveModule } from '../../src/reporter/resolve-module.ts';

const FOLDER = realpathSync(mkdtempSync(join(tmpdir(), 'loadline-resolve ü-')));
const MAIN = join(FOLDER, 'main.js');
test.after.always(() => rmSync(FOLDER, { recursive: true, force: true }));

function put(path: string, text = ''): string {
  const file = join(FOLDER, path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
  return pathToFileURL(file).href;
}

test('URLs stay as they are, and absolute paths become URLs, also with signs that URLs escape', (t) => {
  for (const url of ['file:///a/b.js', 'data:text/javascript,1', 'node:fs']) t.is(resolveModule(url, MAIN), url);
  t.is(resolveModule('/a b/ü#?.js', MAIN), 'file:///a%20b/%C3%BC%23%3F.js');
});

test('Relative paths and packages are found from the main script, with or without an ending', (t) => {
  const file = put('lib/adapter.js');
  t.is(resolveModule('./lib/adapter.js', MAIN), file);
  t.is(resolveModule('./lib/adapter', MAIN), file);
  const index = put('node_modules/sink/index.js');
  put('node_modules/sink/package.json', '{"name":"sink"}');
  t.is(resolveModule('sink', MAIN), index);
});

test('What the main script does not find is looked for in the working directory', (t) => {
  const elsewhere = join(tmpdir(), 'main.js');
  t.regex(resolveModule('./package.json', elsewhere), /^file:.*\/package\.json$/);
  t.regex(resolveModule('./package.json', undefined), /^file:.*\/package\.json$/);
  t.regex(resolveModule('typescript', elsewhere), /^file:.*\/node_modules\/typescript\//);
});

test('A module of Node stays what it is, and a package for import only is left to Node', (t) => {
  t.is(resolveModule('fs', MAIN), 'fs');
  put('node_modules/esm-only/package.json', '{"name":"esm-only","exports":{"import":"./i.js"}}');
  put('node_modules/esm-only/i.js');
  t.is(resolveModule('esm-only', MAIN), 'esm-only');
});

test('What is nowhere throws the error of the first place', (t) => {
  const error = t.throws(() => resolveModule('nobody-has-this', MAIN)) as NodeJS.ErrnoException;
  t.is(error.code, 'MODULE_NOT_FOUND');
  t.true(error.message.includes(MAIN), error.message);
  for (const odd of ['', '../', './nothing', '@', 'http://example.com/a.js']) {
    t.throws(() => resolveModule(odd, join(FOLDER, 'deep', 'er', 'main.js')), undefined, odd);
  }
  t.throws(() => resolveModule('nobody-has-this', 'main.js'));
});
