/** Starts the shop on `HOST`:`PORT` (default 127.0.0.1:3000; `PORT=0` takes any free port). SIGTERM ends it gracefully. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApp } from './app.ts';

const host = process.env.HOST || '127.0.0.1';
const port = Number(process.env.PORT || 3000);
const server = createServer(createApp());

/** Lets requests in flight finish for up to 3 s, then cuts them. */
function stop(): void {
  server.close(() => process.exit());
  // Connections become idle while their last request finishes; `close` saw only those that were idle before.
  setInterval(() => server.closeIdleConnections(), 50).unref();
  setTimeout(() => server.closeAllConnections(), 3000).unref();
}

server.on('error', (error: NodeJS.ErrnoException) => {
  console.error(`shop: cannot listen on ${host}:${port} (${error.code}). Set PORT to a free port.`);
  process.exitCode = 1;
});
server.listen(port, host, () => {
  console.log(`listening on http://${host}:${(server.address() as AddressInfo).port}`);
});
process.once('SIGTERM', stop);
// Started with an IPC channel (the demo does): ends with its parent, however that ended.
if (process.connected) process.once('disconnect', stop);
