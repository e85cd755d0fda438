/** A route that answers GET and HEAD with JSON. */
import type { IncomingMessage } from 'node:http';
import type { Handler } from './adapter.ts';
import { isRead } from './read-only.ts';

/** What would end a script element, or a line of a script, where somebody puts the text into a page. */
const UNSAFE = /[<\u2028\u2029]/g;

/** `read` is called with each request, and waited for. What it throws becomes a 500, as from every handler. */
export function jsonRoute(read: (request: IncomingMessage) => unknown): Handler {
  return async (request, response) => {
    if (!isRead(request, response)) return;
    const body = Buffer.from(`${jsonText(await read(request))}\n`);
    response.writeHead(200, {
      'Content-Type': 'application/json',
      'Content-Length': body.length,
      'Cache-Control': 'no-store',
    });
    response.end(body);
  };
}

/** On one line, harmless within a page. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(UNSAFE, escapeCharacter);
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
