/** A server on `node:http` alone. No framework matched a route, so the app says which one it was. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setRoute } from 'loadline';

const server = createServer((request, response) => {
  const user = /^\/users\/([^/?]+)/.exec(request.url ?? '');
  if (user) {
    setRoute(request, '/users/:name');
    response.setHeader('content-type', 'text/plain');
    response.end(`hello ${user[1]}\n`);
    return;
  }
  if (request.url === '/') {
    setRoute(request, '/');
    response.end('ask /users/<name>\n');
    return;
  }
  response.writeHead(404).end('no such page\n');
});

server.listen(Number(process.env.PORT || 3000), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
