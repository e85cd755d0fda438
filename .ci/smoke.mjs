/**
 * The package as its users get it: `npm pack`, installed into an empty folder, required, imported, run as a command and
 * as a preload. Throws at the first thing that is not right.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'loadline-smoke-'));
try {
  const tarball = execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { encoding: 'utf8' }).trim();
  execFileSync('npm', ['init', '-y'], { cwd: folder });
  const install = ['install', '--no-audit', '--no-fund', join(folder, tarball.split('\n').at(-1))];
  execFileSync('npm', install, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });
  loads();
  hasCommand();
  await answersUnderPreload();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function node(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  assert.equal(stderr, '', 'nothing on stderr');
  return stdout.trim();
}

function loads() {
  const print = 'console.log(typeof start, typeof counter, typeof register, typeof setRoute)';
  const names = '{ start, counter, register, setRoute }';
  const expected = 'function function function function';
  assert.equal(node('-e', `const ${names} = require('loadline'); ${print}`), expected);
  assert.equal(node('--input-type=module', '-e', `import ${names} from 'loadline'; ${print}`), expected);
  assert.equal(node('--require', 'loadline/register', '-p', '6 * 7'), '42');
  assert.equal(node('--import', 'loadline/register', '-p', '6 * 7'), '42');
  process.stdout.write('loads with require() and import, preloads with --require and --import\n');
}

function hasCommand() {
  const path = execFileSync('npx', ['--no', 'loadline', 'path'], { cwd: folder, encoding: 'utf8' }).trim();
  assert.ok(isAbsolute(path) && existsSync(path), `npx loadline path: ${path}`);
  process.stdout.write(`npx loadline path: ${path}\n`);
}

async function answersUnderPreload() {
  const [port, metricsPort] = [await freePort(), await freePort()];
  const app = `require('node:http').createServer((q, r) => r.end('hello')).listen(${port}, '127.0.0.1')`;
  writeFileSync(join(folder, 'app.cjs'), app);
  const env = { ...process.env, OTEL_EXPORTER_PROMETHEUS_PORT: String(metricsPort) };
  const args = ['--require', 'loadline/register', 'app.cjs'];
  const child = spawn(process.execPath, args, { cwd: folder, env, stdio: ['ignore', 'inherit', 'inherit'] });
  const exited = once(child, 'exit');
  try {
    const hello = await answer(`http://127.0.0.1:${port}/`);
    assert.equal(hello, 'hello');
    const metrics = await answer(`http://127.0.0.1:${metricsPort}/metrics`);
    assert.match(metrics, /^http_server_request_duration_seconds_count\{.*http_response_status_code="200".*\} 1$/m);
    const page = await answer(`http://127.0.0.1:${metricsPort}/`, { accept: 'text/html' });
    for (const [, file] of page.matchAll(/(?:src|href)="\.\/([^"]+)"/g)) {
      await answer(`http://127.0.0.1:${metricsPort}/${file}`);
    }
    assert.match(await answer(`http://127.0.0.1:${metricsPort}/main.js`), /uPlot/);
    process.stdout.write('the dashboard has its files\n');
    process.stdout.write(`/metrics under the preload: ${metrics.split('\n').length} lines\n`);
  } finally {
    child.kill();
  }
  const [code, signal] = await exited;
  assert.deepEqual([code, signal], [null, 'SIGTERM'], 'a signal ends the app as it would without the agent');
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

/** The body, asked for again until there is somebody to answer, at most 10 s. */
async function answer(url, headers = {}) {
  for (const limit = Date.now() + 10_000; ; ) {
    try {
      const response = await fetch(url, { headers });
      assert.equal(response.status, 200, url);
      return await response.text();
    } catch (error) {
      if (Date.now() > limit || error instanceof assert.AssertionError) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
