import { fork } from 'node:child_process';
import { once } from 'node:events';

/** ms that an answer may take: a peer's server may hang for half a minute on purpose. */
const PATIENCE = 120_000;

/** A forked process that answers one message for each it gets: `{ id, …order }` with `{ id, result }` or `{ id, error }`. */
export class Child {
  #process;
  #waiting = new Map();
  #count = 0;
  /** What it wrote to stdout and stderr, the last of it. */
  output = '';

  /**
   * @param {string} file
   * @param {{ node?: string, execArgv?: string[], env?: object, args?: string[] }} [options]
   */
  constructor(file, { node = process.execPath, execArgv = [], env = {}, args = [] } = {}) {
    this.#process = fork(file, args, {
      execPath: node,
      execArgv,
      env: { ...clean(process.env), ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream.setEncoding('utf8').on('data', (text) => {
        this.output = (this.output + text).slice(-4000);
      });
    this.#process.on('message', ({ id, result, error }) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(error));
    });
    this.#process.on('exit', (code, signal) => {
      const error = new Error(`${file} ended with ${signal ?? code}: ${this.output}`);
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    });
  }

  /** @param {object} order */
  ask(order) {
    const id = ++this.#count;
    return new Promise((resolve, reject) => {
      if (!this.#process.connected) return reject(new Error(`the process has ended: ${this.output}`));
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new Error(`no answer to ${JSON.stringify(order)}: ${this.output}`));
      }, PATIENCE);
      const settle = (then) => (value) => {
        clearTimeout(timer);
        then(value);
      };
      this.#waiting.set(id, { resolve: settle(resolve), reject: settle(reject) });
      this.#process.send({ id, ...order });
    });
  }

  get pid() {
    return this.#process.pid;
  }

  get ended() {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** Ends it; resolves when it has ended. */
  async end() {
    if (this.ended) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
  }
}

/** What the shell sets for itself is not for what is measured. */
function clean(env) {
  const agent = /^(OTEL|LOADLINE|NEW_RELIC|ELASTIC_APM|DD)_|^NODE_OPTIONS$/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !agent.test(name)));
}
