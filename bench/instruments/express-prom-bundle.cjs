/** As its README has it, with the labels that all others have too: the route comes from what Express matched. */
const { load } = require('../apps/frameworks.cjs');

exports.express = (app) =>
  app.use(
    load('express-prom-bundle')({
      includeMethod: true,
      includePath: true,
      normalizePath: (request) => request.route?.path ?? request.path,
      promClient: { collectDefaultMetrics: {} },
    }),
  );
