/**
 * The load: a process of its own, forked by load.mjs. Plain sockets with one request in flight each, and a parser that
 * after the first response of a server only compares lengths: about 5 µs of CPU per request, so that the server and not
 * the load is what is measured; a full HTTP client takes more than the bare server does. One list of sockets per server
 * stays open for the whole run.
 */
import { connect } from 'node:net';
import { quantile } from './statistics.mjs';
import { takeTurns } from './turns.mjs';

/** @type {Map<number, Connection[]>} by port */
const open = new Map();

process.on('message', async ({ id, ...order }) => {
  try {
    process.send({ id, result: order.servers ? await takeTurns(order, run) : await run(order) });
  } catch (error) {
    process.send({ id, error: String(error?.stack ?? error) });
  }
});
process.once('disconnect', () => process.exit());

/**
 * Asks until the time is over or the requests are sent, and until each has its answer.
 *
 * @param {{ port: number, connections: number, paths: string[], milliseconds?: number, requests?: number, rate?: number }}
 *   order `rate`: requests per second that come whether the server keeps up or not; else each answer brings the next.
 */
async function run({ port, connections, paths, milliseconds = Infinity, requests = Infinity, rate }) {
  const sockets = await connected(port, connections);
  const texts = paths.map((path) => Buffer.from(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`));
  const begin = performance.now();
  const paced = rate === undefined ? closed : atRate;
  const latencies = await paced({ sockets, texts, begin, end: begin + milliseconds, requests, rate });
  const seconds = (performance.now() - begin) / 1e3;
  return { ...latencies, seconds };
}

function closed({ sockets, texts, end, requests }) {
  let sent = 0;
  let busy = 0;
  return new Promise((resolve, reject) => {
    const next = (socket) => {
      if (sent >= requests || performance.now() >= end) {
        if (--busy === 0) resolve({ requests: sent });
        return;
      }
      socket.ask(texts[sent++ % texts.length], next, reject);
    };
    busy = sockets.length;
    for (const socket of sockets) next(socket);
  });
}

/**
 * A latency counts from the time at which its request was due, not from when a socket was free to send it. Requests are sent
 * each millisecond: a load that spins for more even times would take a CPU from the server.
 */
function atRate({ sockets, texts, begin, end, rate }) {
  const free = [...sockets];
  const latencies = [];
  const total = Math.round(((end - begin) / 1e3) * rate);
  let sent = 0;
  return new Promise((resolve, reject) => {
    const tick = () => {
      const due = Math.min(total, Math.floor(((performance.now() - begin) / 1e3) * rate));
      while (sent < due && free.length > 0) send(free.pop());
      // The server is more than a second behind: it will not catch up.
      const lost = performance.now() > end + 1000;
      if (latencies.length < total && !lost) setTimeout(tick, 1);
      else settle(lost);
    };
    const send = (socket) => {
      const dueAt = begin + (sent / rate) * 1e3;
      socket.ask(
        texts[sent++ % texts.length],
        (freed) => {
          latencies.push(performance.now() - dueAt);
          free.push(freed);
        },
        reject,
      );
    };
    const settle = (lost) => {
      if (free.length < sockets.length) return setImmediate(settle, lost);
      resolve({ requests: sent, lost, p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) });
    };
    tick();
  });
}

async function connected(port, count) {
  // A server that ended took its connections with it, and the next one may have its port.
  const sockets = (open.get(port) ?? []).filter((socket) => socket.isOpen);
  open.set(port, sockets);
  while (sockets.length < count) sockets.push(await Connection.to(port));
  return sockets.slice(0, count);
}

class Connection {
  #socket;
  #pieces = [];
  /** Bytes of a whole response, once one was parsed. Servers here send equal ones. */
  #length = -1;
  #answered;
  #failed;

  static to(port) {
    return new Promise((resolve, reject) => {
      const made = new Connection();
      const buffer = Buffer.allocUnsafe(65_536);
      const onread = { buffer, callback: (size) => made.#read(buffer, size) };
      made.#socket = connect({ port, host: '127.0.0.1', noDelay: true, onread }, () => resolve(made));
      made.#socket.on('error', (error) => (made.#failed ?? reject)(error));
      made.#socket.on('close', () => made.#failed?.(new Error(`the server on port ${port} closed a connection`)));
    });
  }

  get isOpen() {
    return !this.#socket.destroyed;
  }

  ask(text, answered, failed) {
    this.#answered = answered;
    this.#failed = failed;
    this.#socket.write(text);
  }

  #read(buffer, size) {
    if (this.#pieces.length === 0 && size === this.#length) return this.#settle(buffer);
    this.#pieces.push(Buffer.from(buffer.subarray(0, size)));
    const whole = Buffer.concat(this.#pieces);
    const length = responseLength(whole);
    if (length < 0 || whole.length < length) return;
    this.#pieces = [];
    this.#length = length;
    this.#settle(whole);
  }

  #settle(response) {
    const digit = 0x30;
    // "HTTP/1.1 200"
    const good = response[9] === digit + 2 && response[10] === digit && response[11] === digit;
    if (good) this.#answered(this);
    else this.#failed(new Error(`the server answered ${response.toString('latin1', 0, 60)}`));
  }
}

/** Bytes that a response has in all; -1 while its headers are not complete. */
function responseLength(bytes) {
  const text = bytes.toString('latin1');
  const body = text.indexOf('\r\n\r\n');
  if (body < 0) return -1;
  const stated = /^content-length: *(\d+)/im.exec(text.slice(0, body));
  if (!stated) throw new Error('a benchmark server has to state the Content-Length');
  return body + 4 + Number(stated[1]);
}
