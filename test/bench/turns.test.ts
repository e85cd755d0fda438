/** Turns of several servers: whose CPU time, whose requests, and which of them have a scrape. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { onlyWhere } from '../support/only-where.ts';

const library = (name: string) => new URL(`../../../bench/lib/${name}`, import.meta.url);
const { takeTurns } = await import(library('turns.mjs').href);
const { ratioTo } = await import(library('per-request.mjs').href);
const { Child } = await import(library('child.mjs').href);
const onLinux = onlyWhere(existsSync('/proc/self/schedstat'), 'CPU time of other processes in /proc (Linux)');

/** A server that computes for some ms for each request, in a thread of its own: no part of the main thread's time. */
const BUSY = `
const { Worker } = require('node:worker_threads');
const spin = 'require("node:worker_threads").parentPort.on("message", (ms) => { const end = performance.now() + ms; while (performance.now() < end); require("node:worker_threads").parentPort.postMessage(0); })';
const worker = new Worker(spin, { eval: true });
const waiting = [];
worker.on('message', () => waiting.shift()());
require('node:http').createServer((request, response) => {
  waiting.push(() => { response.setHeader('Content-Length', 4); response.end('fine'); });
  worker.postMessage(Number(process.argv[1]));
}).listen(0, '127.0.0.1', function () { console.log(this.address().port); });
`;

async function busy(milliseconds: number): Promise<{ port: number; pid: number; paths: string[]; end(): void }> {
  const child = spawn(process.execPath, ['-e', BUSY, String(milliseconds)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data');
  return { port: Number(line), pid: child.pid!, paths: ['/'], end: () => child.kill('SIGKILL') };
}

onLinux('CPU of all threads is counted, to the server that took it', async (t) => {
  const load = new Child(fileURLToPath(library('load-process.mjs')));
  t.teardown(() => load.end());
  const servers = await Promise.all([busy(1), busy(4)]);
  t.teardown(() => servers.map(({ end }) => end()));
  const [light, heavy] = await load.ask({
    servers: servers.map(({ port, pid, paths }) => ({ port, pid, paths })),
    rounds: 6,
    milliseconds: 30,
    connections: 2,
  });
  t.is(light.length, 6);
  t.true(light.every(({ requests, scraped }: { requests: number; scraped: boolean }) => requests > 0 && !scraped));
  // 1 and 4 ms of a spin by the clock: who else has the CPU meanwhile takes it from both.
  const ratio = ratioTo(light, heavy);
  t.true(ratio > 1.5 && ratio < 6, String(ratio));
});

onLinux('A server is scraped in one of so many of its turns, and never where nobody asked for it', async (t) => {
  let scrapes = 0;
  const server = createServer((_request, response) => {
    scrapes++;
    response.end('fine');
  }).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const scrapeUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
  const ask = async () => ({ requests: 1, seconds: 1 });
  const order = { servers: [{ port: 1, pid: process.pid, paths: ['/'], scrapeUrl }], rounds: 6, milliseconds: 1 };
  const [none] = await takeTurns(order, ask);
  t.is(scrapes, 0);
  t.is(none.filter(({ scraped }: { scraped: boolean }) => scraped).length, 0);
  const [some] = await takeTurns({ ...order, scrapeEach: 3 }, ask);
  t.is(scrapes, 2);
  t.deepEqual(
    some.map(({ scraped }: { scraped: boolean }) => scraped),
    [false, true, false, false, true, false],
  );
});

onLinux('A scrape that is refused ends the run with its status', async (t) => {
  const server = createServer((_request, response) => {
    response.statusCode = 503;
    response.end('busy');
  }).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const scrapeUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
  const servers = [{ port: 1, pid: process.pid, paths: ['/'], scrapeUrl }];
  const order = { servers, rounds: 1, milliseconds: 1, scrapeEach: 1 };
  const error = await t.throwsAsync(takeTurns(order, async () => ({ requests: 1, seconds: 1 })));
  t.regex(error!.message, /answered a scrape with 503: busy/);
});

const turn = (cpu: number, scraped = false) => ({ cpu, requests: 10, seconds: 1, scraped });

test('A ratio is that of the rounds: a machine that becomes slower, or a turn that was disturbed, does not move it', (t) => {
  const levels = [100, 110, 130, 200, 400, 410, 420, 900];
  const base = levels.map((level) => turn(level));
  const own = levels.map((level) => turn(level * 1.1));
  t.true(Math.abs(ratioTo(base, own) - 1.1) < 1e-9);
  own[3] = turn(90_000);
  t.true(Math.abs(ratioTo(base, own) - 1.1) < 1e-9);
});

test('What a scrape takes more is part of a ratio, as a share of all', (t) => {
  const base = Array.from({ length: 9 }, () => turn(100));
  const own = Array.from({ length: 9 }, (_, i) => (i === 4 ? turn(180, true) : turn(100)));
  base[4] = turn(100, true);
  t.true(Math.abs(ratioTo(base, own) - 1.1) < 1e-9, String(ratioTo(base, own)));
});
