/** As its README has it. */
const { load } = require('../apps/frameworks.cjs');

exports.fastify = (app) => app.register(load('fastify-metrics').default, { endpoint: '/metrics' });
