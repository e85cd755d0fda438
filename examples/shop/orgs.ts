/** Routes of one organisation, mounted at `/api/orgs/:org`: compute a report, upload a photo, export slowly. */
import { createHash } from 'node:crypto';
import { type Request, Router } from 'express';
import { compute, query } from './work.ts';

export const orgs = Router({ mergeParams: true });

type Ids = { org: string; id: string };

/** Burns the CPU: `?ms=` milliseconds, default 30, at most 10000. */
orgs.get('/reports/:id', async (request: Request<Ids>, response) => {
  const asked = Number(request.query.ms ?? 30);
  const ms = Number.isFinite(asked) ? Math.min(Math.max(asked, 0), 10_000) : 30;
  await query(3);
  response.json({ org: request.params.org, id: request.params.id, digest: compute(ms, request.params.id) });
});

orgs.post('/photos', async (request: Request<{ org: string }>, response) => {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    hash.update(chunk);
  }
  await query(5);
  response.status(201).json({ org: request.params.org, bytes, sha256: hash.digest('hex') });
});

/** Streams 12 chunks, one every 50 ms or so, and stops when its client leaves. */
orgs.get('/exports/:id', async (request: Request<Ids>, response) => {
  response.type('text/csv');
  for (let row = 1; row <= 12 && !response.closed; row++) {
    response.write(`${request.params.id},${row},${'x'.repeat(2000)}\n`);
    await query(50);
  }
  response.end();
});
