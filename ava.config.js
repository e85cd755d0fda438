export default {
  files: ['dist/test/**/*.test.js', '!dist/test/integration/**'],
  timeout: '60s',
  workerThreads: false,
  concurrency: 2,
};
