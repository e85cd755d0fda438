/** The load of the benches: a process that keeps its connections to a server for the whole run. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const { Child } = await import(new URL('../../../bench/lib/child.mjs', import.meta.url).href);

async function serve(port: number): Promise<Server> {
  const server = createServer((_request, response) => {
    response.setHeader('Content-Length', 4);
    response.end('fine');
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return server;
}

test('A server that has the port of one that ended is asked over connections of its own', async (t) => {
  const load = new Child(fileURLToPath(new URL('../../../bench/lib/load-process.mjs', import.meta.url)));
  t.teardown(() => load.end());
  const first = await serve(0);
  const { port } = first.address() as AddressInfo;
  const order = { port, connections: 2, paths: ['/'], requests: 10 };
  t.is((await load.ask(order)).requests, 10);
  first.closeAllConnections();
  await new Promise((resolve) => first.close(resolve));
  // Some turns of its loop, in which it sees the connections close.
  const other = await serve(0);
  await load.ask({ ...order, port: (other.address() as AddressInfo).port });
  other.closeAllConnections();
  other.close();
  const second = await serve(port);
  t.teardown(() => second.close());
  t.is((await load.ask(order)).requests, 10);
  second.closeAllConnections();
});
