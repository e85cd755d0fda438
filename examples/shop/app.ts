/** The shop: an Express app whose routes wait, compute, upload, stream, fail and leak. */
import express, { type ErrorRequestHandler, type Express } from 'express';
import { carts, products } from './catalog.ts';
import { orgs } from './orgs.ts';
import { query } from './work.ts';

/** Never emptied: every visit to `/recommendations/:user` leaves 10 kB here. */
const rendered: string[] = [];

const fail: ErrorRequestHandler = (error: Error, _request, response, next) => {
  if (response.headersSent) next(error);
  else response.status(500).json({ error: error.message });
};

export function createApp(): Express {
  const app = express();
  app.disable('x-powered-by');
  app.get('/', (_request, response) => {
    response.type('text/plain').send('loadline example shop\n');
  });
  app.get('/healthz', (_request, response) => {
    response.json({ ok: true });
  });
  app.get('/recommendations/:user', async (request, response) => {
    await query(4);
    const page = Buffer.alloc(10_000, `for ${request.params.user} `).toString('latin1');
    rendered.push(page);
    response.type('html').send(page);
  });
  app.use('/api/products', products);
  app.use('/api/carts/:cart', carts);
  app.use('/api/orgs/:org', orgs);
  app.use((_request, response) => {
    response.status(404).json({ error: 'no such page' });
  });
  app.use(fail);
  return app;
}
