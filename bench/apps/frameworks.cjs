const { join } = require('node:path');

const PLACES = [join(__dirname, '../peers'), join(__dirname, '../..')];
/** A package as bench/peers has it, else as the project has it. */
const load = (name) => require(require.resolve(name, { paths: PLACES }));

/** ms: longer than a server is idle between its rounds. */
const KEEP_ALIVE = 3_600_000;
const BODY = 'fine';

/** Each resolves with the port once the server listens. Paths: `/r0/:id`, `/r1/:id` and so on. */
exports.frameworks = {
  http(routes, instrument) {
    const known = new Map(Array.from({ length: routes }, (_, i) => [`r${i}`, `/r${i}/:id`]));
    const handle = instrument.http?.() ?? answer;
    const server = require('node:http').createServer((request, response) => {
      const route = known.get(request.url.split('/', 2)[1]);
      if (route !== undefined) return handle(request, response, route, answer);
      if (request.url === '/metrics' && instrument.scrape) return instrument.scrape(response);
      response.statusCode = 404;
      response.end();
    });
    return listening(server);
  },

  express(routes, instrument) {
    const app = load('express')();
    instrument.express?.(app);
    for (let i = 0; i < routes; i++) app.get(`/r${i}/:id`, (_request, response) => response.send(BODY));
    return listening(app.listen(0, '127.0.0.1'), true);
  },

  async fastify(routes, instrument) {
    const app = load('fastify')({ keepAliveTimeout: KEEP_ALIVE });
    await instrument.fastify?.(app);
    for (let i = 0; i < routes; i++) app.get(`/r${i}/:id`, (_request, reply) => reply.send(BODY));
    await app.listen({ port: 0, host: '127.0.0.1' });
    return app.server.address().port;
  },
};
exports.load = load;

function answer(_request, response) {
  response.setHeader('Content-Length', BODY.length);
  response.end(BODY);
}

function listening(server, begun = false) {
  server.keepAliveTimeout = KEEP_ALIVE;
  return new Promise((resolve) => {
    server.once('listening', () => resolve(server.address().port));
    if (!begun) server.listen(0, '127.0.0.1');
  });
}
