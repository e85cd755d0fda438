/**
 * `node bench/request-parts.mjs [http] [express] [--quick]` after `npm run build`: what a request costs more with each part
 * of what the HTTP probe needs of Node.js, and with the probe itself. One process, one thread and no network, so that
 * neither the kernel nor the luck of a process is in it: all parts take turns of some milliseconds, in random order. What
 * it prints is in docs/performance.md.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { Duplex } from 'node:stream';
import { httpServer } from '../dist/src/probes/http-server.js';
import { StoreWriter } from '../dist/src/store/writer.js';
import { rounds } from './lib/rounds.mjs';
import { median, medianInterval } from './lib/statistics.mjs';
import { table } from './lib/table.mjs';

const QUICK = process.argv.includes('--quick');
const ROUNDS = QUICK ? 2 : 200;
const REQUESTS = QUICK ? 50 : 1000;
/** Before a turn counts, and before the first one. */
const WARM_UP = 200;
const COMPILED = QUICK ? 100 : 30_000;
const CONNECTIONS = 16;
const REQUEST = Buffer.from(
  'GET /users/42?page=1 HTTP/1.1\r\nHost: 127.0.0.1:3000\r\nConnection: keep-alive\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n',
);
const APPS = {
  http: () => (_req, res) => {
    res.setHeader('Content-Type', 'text/plain');
    res.end('hello world');
  },
  express: () => {
    const app = createRequire(import.meta.url)('express')();
    return app.get('/users/:id', (_req, res) => res.send('hello world'));
  },
};

const now = performance.now.bind(performance);
/** Each with all that those before it do. */
const PARTS = [
  { name: 'nothing', start: () => () => {} },
  { name: 'two channels subscribed to', start: () => channels(nothing, nothing) },
  { name: 'and two readings of the clock', start: () => channels(read, read) },
  { name: "and a 'prefinish' listener that reads it", start: () => channels(listen, read) },
  { name: 'the probe of loadline', start: () => httpServer.start(context()) },
];

let last = 0;
function nothing() {}
function read() {
  last = now();
}
function listen({ response }) {
  read();
  response.on('prefinish', read);
}

function channels(onStart, onFinish) {
  subscribe('http.server.request.start', onStart);
  subscribe('http.server.response.finish', onFinish);
  return () => {
    unsubscribe('http.server.request.start', onStart);
    unsubscribe('http.server.response.finish', onFinish);
  };
}

function context() {
  const store = new StoreWriter();
  return {
    store,
    define: (metric, exponential) => store.metric(metric, { name: 'bench' }, exponential),
    heartbeat: { everySecond: () => () => {} },
    queueHeaders: ['x-request-start', 'x-queue-start'],
    ...{ ignoreRoutes: [], servers: [], warn: console.error },
  };
}

/** A connection without a kernel: what is written to it goes nowhere, and lets the next request come in. */
class Connection extends Duplex {
  remoteAddress = '127.0.0.1';
  encrypted = false;
  #answered;

  constructor(answered) {
    super();
    this.#answered = answered;
  }
  _read() {}
  _write(_chunk, _encoding, done) {
    done();
    this.#answered(this);
  }
  _writev(_chunks, done) {
    done();
    this.#answered(this);
  }
  setTimeout() {
    return this;
  }
}

/** Returns what has a number of requests answered, and resolves with µs per request. */
async function serve(handler) {
  const server = createServer(handler);
  let toSend = 0;
  let toAnswer = 0;
  let whenDone = () => {};
  const send = (connection) => {
    toSend--;
    connection.push(REQUEST);
  };
  const connections = Array.from({ length: CONNECTIONS }, () => {
    const connection = new Connection((each) => {
      toAnswer--;
      if (toSend > 0) setImmediate(send, each);
      else if (toAnswer === 0) setImmediate(whenDone);
    });
    server.emit('connection', connection);
    return connection;
  });
  return async (count) => {
    toSend = toAnswer = Math.max(count, CONNECTIONS);
    const total = toAnswer;
    const begin = now();
    await new Promise((resolve) => {
      whenDone = resolve;
      for (const connection of connections) send(connection);
    });
    return ((now() - begin) * 1e3) / total;
  };
}

async function measure(app) {
  const handle = await serve(APPS[app]());
  const turn = async ({ start }, count) => {
    const stop = start();
    await handle(WARM_UP);
    const micros = await handle(count);
    stop();
    return micros;
  };
  for (const part of PARTS) await turn(part, COMPILED);
  const results = await rounds({
    subjects: PARTS,
    measure: (part) => turn(part, REQUESTS),
    value: (micros) => micros,
    goal: () => 0,
    ...{ least: ROUNDS, most: ROUNDS, seconds: 0 },
  });
  const [{ base }] = results.values();
  const rows = [[app, 'µs', 'more than nothing, µs', '95 % interval', 'ratio']];
  rows.push(['nothing', median(base).toFixed(2), '', '', '1']);
  for (const [{ name }, { samples, ratios }] of results) {
    const more = samples.map((micros, round) => micros - base[round]);
    const interval = medianInterval(more).map((each) => each.toFixed(2));
    rows.push([
      name,
      ...[median(samples).toFixed(2), median(more).toFixed(2), interval.join(' - ')],
      median(ratios).toFixed(3),
    ]);
  }
  console.log(`\n${table(rows)}`);
}

const asked = Object.keys(APPS).filter((app) => process.argv.includes(app));
const [{ model }] = cpus();
console.log(`Node.js ${process.versions.node}, ${cpus().length} CPUs (${model.trim()})`);
console.log(`median of ${ROUNDS} rounds of ${REQUESTS} requests to each, by turns`);
for (const app of asked.length > 0 ? asked : Object.keys(APPS)) await measure(app);
if (!(last > 0)) throw new Error('no request was seen');
