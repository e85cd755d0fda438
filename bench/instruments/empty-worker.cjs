/** Preload: a worker thread that does nothing, which is what any design with a thread of its own costs at least. */
const { Worker } = require('node:worker_threads');

new Worker('setInterval(() => {}, 1e6)', { eval: true }).unref();
