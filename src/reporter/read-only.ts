/** What is only read is read by GET or HEAD. */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** False: the request had another method, and is answered with 405. */
export function isRead({ method }: IncomingMessage, response: ServerResponse): boolean {
  if (method === 'GET' || method === 'HEAD') return true;
  response.writeHead(405, { Allow: 'GET, HEAD', 'Content-Type': 'text/plain; charset=utf-8' });
  response.end('only GET and HEAD\n');
  return false;
}
