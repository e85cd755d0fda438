/** Preload: a worker thread that does nothing, which is what any design with a thread of its own costs at least. */
const { isMainThread, Worker } = require('node:worker_threads');

// A thread has the preloads of its process, too.
if (isMainThread) new Worker('setInterval(() => {}, 1e6)', { eval: true }).unref();
