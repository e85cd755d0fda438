export default {
  files: ['dist/test/**/*.test.js', '!dist/test/integration/**'],
  timeout: '60s',
  workerThreads: false,
  concurrency: 2,
  // CI counts.
  tap: process.env.TEST_TAP === '1',
};
