/**
 * The measured server, the same for all contenders. Takes BENCH_FRAMEWORK (http, express, fastify), BENCH_ROUTES (how
 * many) and BENCH_INSTRUMENT (a file of `../instruments` that app code would hold, or empty); answers messages about itself.
 * CommonJS, because that is what all agents can patch.
 */
const { once } = require('node:events');
const { Worker } = require('node:worker_threads');
const { frameworks } = require('./frameworks.cjs');
const { BENCH_FRAMEWORK = 'http', BENCH_ROUTES = '1', BENCH_INSTRUMENT } = process.env;

const instrument = BENCH_INSTRUMENT ? require(`../instruments/${BENCH_INSTRUMENT}.cjs`) : {};
/** ms since the process began, and of CPU of all threads, when it listened. */
let listening;
let cpuAtListening;
const served = frameworks[BENCH_FRAMEWORK](Number(BENCH_ROUTES), instrument).then((port) => {
  listening = performance.now();
  const { user, system } = process.cpuUsage();
  cpuAtListening = (user + system) / 1e3;
  return port;
});

const workers = [];

const answers = {
  port: () => served,
  cpu: () => process.cpuUsage(),
  usage: () => ({ memory: process.memoryUsage(), listening, cpuAtListening }),
  ready: () => instrument.ready?.() ?? true,
  async threads({ count }) {
    while (workers.length < count) {
      const worker = new Worker('setInterval(() => {}, 1e6)', { eval: true });
      workers.push(worker);
      await once(worker, 'online');
    }
  },
  flush: () => instrument.flush?.(),
  gc: () => {
    for (let i = 0; i < 3; i++) globalThis.gc();
    return process.memoryUsage();
  },
};

process.on('message', async ({ id, ask, ...order }) => {
  try {
    process.send({ id, result: await answers[ask](order) });
  } catch (error) {
    process.send({ id, error: String(error?.stack ?? error) });
  }
});
process.once('disconnect', () => process.exit());
