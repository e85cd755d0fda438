/** An app that uses the library: `node --require loadline/register dist/examples/sampler/main.js`, then ask `/squares/12`. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LruCache } from './lru.ts';

const squares = new LruCache<number>('squares', 100);

const server = createServer((request, response) => {
  const key = request.url ?? '/';
  const number = Number(/^\/squares\/(\d{1,6})$/.exec(key)?.[1] ?? Number.NaN);
  if (Number.isNaN(number)) {
    response.writeHead(404).end('ask /squares/<number>\n');
    return;
  }
  let square = squares.get(key);
  const cached = square !== undefined;
  square ??= number * number;
  if (!cached) squares.set(key, square);
  response.setHeader('content-type', 'application/json');
  response.end(`${JSON.stringify({ square, cached })}\n`);
});

server.listen(Number(process.env.PORT || 3000), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
