import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { fileHandlers } from '../../src/dashboard/files.ts';
import { ask, run } from '../reporter/running-server.ts';

const SCRIPT = `export const text = '${'x'.repeat(5000)}';\n`;

function page(t: ExecutionContext): URL {
  const folder = mkdtempSync(join(tmpdir(), 'loadline-page-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'vendor'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>x</title>');
  writeFileSync(join(folder, 'app.js'), SCRIPT);
  writeFileSync(join(folder, 'app.d.ts'), 'secret types');
  writeFileSync(join(folder, 'style.css'), 'a{}');
  writeFileSync(join(folder, 'vendor', 'plot.js'), '1');
  writeFileSync(join(folder, 'vendor', 'LICENSE'), 'MIT');
  return pathToFileURL(`${folder}/`);
}

test('the files that exist at the start are served, each with its type, and nothing else is', async (t) => {
  const folder = page(t);
  const guarded = fileHandlers(folder);
  t.deepEqual(Object.keys(guarded).sort(), ['/', '/app.js', '/index.html', '/style.css', '/vendor/plot.js']);
  const { url, port } = await run(t, { guarded });
  for (const [path, type] of [
    ['/', 'text/html; charset=utf-8'],
    ['/app.js', 'text/javascript; charset=utf-8'],
    ['/style.css', 'text/css; charset=utf-8'],
    ['/vendor/plot.js', 'text/javascript; charset=utf-8'],
  ] as const) {
    const response = await fetch(url + path);
    t.deepEqual([response.status, response.headers.get('content-type')], [200, type], path);
    t.is(response.headers.get('cache-control'), 'no-cache');
    t.is(response.headers.get('x-content-type-options'), 'nosniff');
  }
  writeFileSync(new URL('late.js', folder), '1');
  for (const path of [
    '/late.js',
    '/app.d.ts',
    '/vendor/',
    '/vendor/LICENSE',
    '/vendor/../app.js',
    '/..%2fapp.js',
    '/app.js/',
    '//app.js',
  ]) {
    t.regex(await ask(t, port, path, ['Host: localhost']), /^HTTP\/1\.1 404/, path);
  }
});

test('a package without a page has no files, and a link to nowhere is a 500 that hurts nobody else', async (t) => {
  t.deepEqual(fileHandlers(new URL('file:///nowhere/at/all/')), {});
  const folder = page(t);
  symlinkSync('/nowhere/at/all', new URL('broken.js', folder));
  const { url } = await run(t, { guarded: fileHandlers(folder) });
  t.is((await fetch(`${url}/broken.js`)).status, 500);
  t.is((await fetch(`${url}/app.js`)).status, 200);
});

test('who has a file already gets 304, who has another one the file', async (t) => {
  const { url } = await run(t, { guarded: fileHandlers(page(t)) });
  const tag = (await fetch(`${url}/app.js`)).headers.get('etag')!;
  t.regex(tag, /^"[\w-]+"$/);
  const asked = async (given: string) => (await fetch(`${url}/app.js`, { headers: { 'if-none-match': given } })).status;
  t.is(await asked(tag), 304);
  t.is(await asked(`"x", ${tag}`), 304);
  t.is(await asked('"x"'), 200);
  t.is(await asked(''), 200);
});

test('what is worth it is compressed for those who take it', async (t) => {
  const { port } = await run(t, { guarded: fileHandlers(page(t)) });
  const get = async (accepts: string, path = '/app.js') => {
    const answer = await ask(t, port, path, ['Host: localhost', `Accept-Encoding: ${accepts}`]);
    const [head, body] = [answer.slice(0, answer.indexOf('\r\n\r\n')), answer.slice(answer.indexOf('\r\n\r\n') + 4)];
    return {
      isZipped: /content-encoding: gzip/i.test(head),
      varies: /vary: accept-encoding/i.test(head),
      body,
      tag: /etag: (.*)/i.exec(head)?.[1],
    };
  };
  for (const accepts of ['gzip', 'deflate, gzip;q=0.5, br', 'GZIP', '*']) {
    const { isZipped, body, varies } = await get(accepts);
    t.true(isZipped && varies, accepts);
    t.is(gunzipSync(Buffer.from(body, 'latin1')).toString(), SCRIPT);
  }
  for (const accepts of ['', 'br', 'gzip;q=0', 'gzip;q=0.000', 'identity', 'xgzip', 'gzipped']) {
    const { isZipped, body, varies } = await get(accepts);
    t.deepEqual([isZipped, varies, body], [false, true, SCRIPT], accepts);
  }
  t.false((await get('gzip', '/style.css')).isZipped);
  t.not((await get('gzip')).tag, (await get('br')).tag);
});

test('only GET and HEAD', async (t) => {
  const { url } = await run(t, { guarded: fileHandlers(page(t)) });
  t.is((await fetch(`${url}/app.js`, { method: 'DELETE' })).status, 405);
  const head = await fetch(`${url}/app.js`, { method: 'HEAD' });
  t.deepEqual([head.status, await head.text()], [200, '']);
});
