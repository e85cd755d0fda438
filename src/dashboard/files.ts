/** The page's files: read once, and served from memory. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { isRead } from '../reporter/read-only.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
};
const INDEX = '/index.html';
/** Larger files are compressed where the client takes it. */
const WORTH = 1000;

export type FileHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** Path → handler for each file of the folder and its folders; none where there is no such folder. `/` is `index.html`. */
export function fileHandlers(folder: URL): Record<string, FileHandler> {
  const handlers: Record<string, FileHandler> = {};
  for (const name of namesOf(folder)) {
    const type = TYPES[extname(name)];
    if (type === undefined) continue;
    const handler = fileHandler(new URL(name, folder), type);
    handlers[`/${name}`] = handler;
    if (`/${name}` === INDEX) handlers['/'] = handler;
  }
  return handlers;
}

/** With `/`, from the folder. */
function namesOf(folder: URL): string[] {
  try {
    const entries = readdirSync(fileURLToPath(folder), { recursive: true, encoding: 'utf8' });
    return entries.map((name) => name.replaceAll('\\', '/'));
  } catch {
    // A package without its page still has everything else.
    return [];
  }
}

function fileHandler(file: URL, type: string): FileHandler {
  let read: { readonly body: Buffer; readonly zipped: Buffer; readonly tag: string } | undefined;
  return (request, response) => {
    if (!isRead(request, response)) return;
    read ??= contentOf(file);
    const isZipped = read.body.length > WORTH && takesGzip(request.headers['accept-encoding']);
    const tag = `"${read.tag}${isZipped ? '-gzip' : ''}"`;
    response.setHeader('ETag', tag);
    response.setHeader('Cache-Control', 'no-cache');
    if (!response.hasHeader('Vary')) response.setHeader('Vary', 'Accept-Encoding');
    if (request.headers['if-none-match']?.split(/\s*,\s*/).includes(tag)) {
      response.writeHead(304);
      response.end();
      return;
    }
    const body = isZipped ? read.zipped : read.body;
    const encoding = isZipped ? { 'Content-Encoding': 'gzip' } : {};
    response.writeHead(200, { 'Content-Type': type, 'Content-Length': body.length, ...encoding });
    response.end(body);
  };
}

function contentOf(file: URL) {
  const body = readFileSync(file);
  const tag = createHash('sha256').update(body).digest('base64url').slice(0, 16);
  return { body, zipped: gzipSync(body), tag };
}

/** RFC 9110, 12.5.3: not when its weight is 0. */
function takesGzip(accepted: string | string[] | undefined): boolean {
  return /(^|[\s,])(gzip|\*)\s*(;\s*q=(?!0(\.0*)?\s*(,|$))|,|$)/i.test(String(accepted ?? ''));
}
