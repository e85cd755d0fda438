/** `node --require loadline/register app.js`: the preload. CommonJS, so that its first line can look at the clock. */
const agentBegin = performance.now();
const { arm } = require('./arm.js') as typeof import('./arm.ts', { with: { 'resolution-mode': 'import' }});

arm(agentBegin);
