export default {
  files: ['dist/test/integration/**/*.test.js'],
  timeout: '3m',
  workerThreads: false,
  // Each measures time, and there may be two cores only.
  concurrency: 1,
  tap: process.env.TEST_TAP === '1',
};
