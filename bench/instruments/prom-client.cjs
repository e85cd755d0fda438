/** prom-client by its README: default metrics, and one histogram around each request whose timer ends with the response. */
const { load } = require('../apps/frameworks.cjs');
const { Histogram, collectDefaultMetrics, register } = load('prom-client');

collectDefaultMetrics();
const duration = new Histogram({
  name: 'http_request_duration_seconds',
  help: 'Duration of HTTP requests in seconds',
  labelNames: ['method', 'route', 'code'],
});

function measure(request, response, routeOf) {
  const end = duration.startTimer();
  response.on('finish', () => end({ method: request.method, route: routeOf(), code: response.statusCode }));
}

async function answerScrape(response) {
  const text = await register.metrics();
  response.setHeader('Content-Type', register.contentType);
  response.end(text);
}

exports.http = () => (request, response, route, answer) => {
  measure(request, response, () => route);
  answer(request, response);
};
exports.express = (app) => {
  app.get('/metrics', (_request, response) => answerScrape(response));
  app.use((request, response, next) => {
    measure(request, response, () => request.route?.path);
    next();
  });
};
exports.fastify = (app) => {
  app.get('/metrics', async (_request, reply) => {
    reply.header('Content-Type', register.contentType);
    return register.metrics();
  });
  app.addHook('onRequest', (request, reply, done) => {
    measure(request, reply.raw, () => request.routeOptions.url);
    done();
  });
};
exports.scrape = answerScrape;
