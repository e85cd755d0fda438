import http from 'node:http';
import type { Handler } from './adapter.ts';
export interface ReporterServer { listen(): Promise<{url: string}>; close(): Promise<void> }
export function createReporterServer(o: {host: string; port: number; routes: Record<string, Handler>; log(l: string): void}): ReporterServer {
  const s = http.createServer((q, r) => { const h = o.routes[q.url!]; if (h) void h(q, r); else r.writeHead(404).end(); });
  return { listen: () => new Promise((ok, no) => { s.on('error', no); s.listen(o.port, o.host, () => ok({ url: `http://127.0.0.1:${(s.address() as any).port}` })); }), close: () => new Promise((ok) => { s.close(() => ok()); s.closeAllConnections(); }) };
}
