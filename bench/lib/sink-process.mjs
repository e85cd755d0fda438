/**
 * What agents that push talk to: it says yes to everything, and counts the requests that they tell of. A process of its
 * own, forked by request.mjs, so that it costs the measured servers nothing. One server for each agent that asks.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { createGunzip, createInflate } from 'node:zlib';
import { sum } from './statistics.mjs';

const SINKS = {
  'elastic-apm-node': { listen: (answer) => createServer(answer), answer: elastic },
  'dd-trace': { listen: (answer) => createServer(answer), answer: datadog },
  newrelic: {
    // The agent knows no plain HTTP.
    listen: (answer) => createTlsServer({ cert: file('localhost-cert.pem'), key: file('localhost-key.pem') }, answer),
    answer: newRelic,
  },
};

/** @type {Map<number, number>} requests told of, by port */
const told = new Map();

process.on('message', async ({ id, open, count }) => {
  process.send({ id, result: open ? await listen(SINKS[open]) : told.get(count) });
});
process.once('disconnect', () => process.exit());

function listen({ listen: create, answer }) {
  return new Promise((resolve) => {
    const server = create(async (request, response) => {
      const { port } = server.address();
      try {
        const body = await buffer(unpacked(request));
        const { requests = 0, says = {} } = answer(request, body, port);
        told.set(port, told.get(port) + requests);
        response.end(JSON.stringify(says));
      } catch (error) {
        // An agent that is ended leaves half a request behind.
        response.destroy(error);
      }
    });
    server.keepAliveTimeout = 3_600_000;
    server.listen(0, '127.0.0.1', () => {
      told.set(server.address().port, 0);
      resolve(server.address().port);
    });
  });
}

function unpacked(request) {
  const encoding = request.headers['content-encoding'];
  if (encoding === 'gzip') return request.pipe(createGunzip());
  if (encoding === 'deflate') return request.pipe(createInflate());
  return request;
}

/** Lines of JSON, one for each transaction. */
function elastic({ url }, body) {
  if (!url.startsWith('/intake')) return { says: { version: '8.17.0' } };
  const lines = body.toString().split('\n');
  return { requests: lines.filter((line) => line.startsWith('{"transaction"')).length };
}

/** MessagePack, in which each row has its name, and after it its `Hits` as a 64-bit integer. */
function datadog({ url }, body) {
  if (url === '/info')
    return { says: { version: '7.60.0', endpoints: ['/v0.4/traces', '/v0.6/stats'], client_drop_p0s: true } };
  if (!url.startsWith('/v0.6/stats')) return { says: { rate_by_service: {} } };
  let requests = 0;
  for (const { index } of body.toString('latin1').matchAll(/(web|express|fastify)\.request/g))
    requests += Number(body.readBigUInt64BE(body.indexOf('Hits', index) + 5));
  return { requests };
}

/** A remote call whose method stands in the query; of metrics each has a name and a list that begins with its count. */
function newRelic({ url }, body, port) {
  const method = new URL(url, 'https://localhost').searchParams.get('method');
  if (method === 'preconnect') return { says: { return_value: { redirect_host: `localhost:${port}` } } };
  if (method === 'connect') return { says: { return_value: { agent_run_id: '1' } } };
  if (method !== 'metric_data') return { says: { return_value: null } };
  const [, , , metrics] = JSON.parse(body.toString());
  const requests = metrics.filter(([{ name }]) => name === 'HttpDispatcher').map(([, [count]]) => count);
  return { requests: sum(requests), says: { return_value: [] } };
}

function file(name) {
  return readFileSync(new URL(name, import.meta.url));
}
