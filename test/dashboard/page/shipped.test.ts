/** What a browser is sent, as it was built. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import test from 'ava';

const FOLDER = fileURLToPath(new URL('../../../src/dashboard/page/', import.meta.url));
const SOURCES = fileURLToPath(new URL('../../../../src/dashboard/page/', import.meta.url));
/** Bytes, gzipped, in all. */
const LIMIT = 150_000;

const read = (file: string) => readFileSync(join(FOLDER, file), 'utf8');

/** The page, and everything that it or one of its modules names. */
function loaded(): Set<string> {
  const files = new Set(['index.html']);
  for (const file of files) {
    const pattern = file.endsWith('.html') ? /(?:src|href)="(\.[^"]+)"/g : /(?:from|import)\s*'(\.[^']+)'/g;
    for (const [, name] of read(file).matchAll(pattern)) files.add(join(dirname(file), name!));
  }
  return files;
}

test('All that the page loads is in the package, and is under 150 kB gzipped', (t) => {
  const files = [...loaded()];
  t.true(files.includes('vendor/uPlot.esm.js') && files.includes('live-table.js') && files.includes('style.css'));
  const sizes = files.map((file) => gzipSync(read(file)).length);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  t.log(`${files.length} files, ${total} bytes gzipped`);
  t.true(total < LIMIT, `${total} bytes`);
});

test('Every module is there and is loaded: none is dead', (t) => {
  const modules = readdirSync(SOURCES).filter((file) => file.endsWith('.ts'));
  const files = loaded();
  t.deepEqual(
    modules.filter((file) => !files.has(file.replace(/\.ts$/, '.js'))),
    [],
  );
});

test('The page needs no inline script or style, and names no other place', (t) => {
  const html = read('index.html');
  t.notRegex(html, /<style|\sstyle=|\son\w+=|javascript:/i);
  t.notRegex(html, /<script(?![^>]*\ssrc=)/i);
  for (const file of loaded()) {
    if (file.startsWith('vendor/')) continue;
    const addresses = read(file).match(/(https?:)?\/\/[a-z][\w.]*\.\w+/gi) ?? [];
    t.deepEqual(
      addresses.filter((address) => !address.endsWith('www.w3.org')),
      [],
      file,
    );
  }
});

test('No module parses markup, evaluates text, or stores anything', (t) => {
  const forbidden =
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|new Function|localStorage|sessionStorage|indexedDB|document\.cookie|setAttribute\('style/;
  for (const file of loaded()) if (!file.startsWith('vendor/')) t.notRegex(read(file), forbidden, file);
});

test('uPlot comes with its licence', (t) => {
  t.regex(read('vendor/uPlot.LICENSE'), /MIT License[\s\S]*Leon Sorokin/);
});
