/** A small InfluxDB: takes line protocol over HTTP, and refuses a line that is not one. */
import { text } from 'node:stream/consumers';
import type { Backend, Received } from '../../src/conformance.ts';
import { FaultServer } from '../support/fault-server.ts';

/** Measurement, tags, fields, timestamp; a backslash escapes what follows. */
const LINE = /^((?:\\[, =]|[^, ])+)((?:,(?:\\[, =]|[^,= ])+=(?:\\[, =]|[^,= ])+)*) (\S+) (\d{13})$/;

export async function startInflux(options: object = {}): Promise<Backend> {
  const points: Received[] = [];
  const server = await FaultServer.start(async (request, response) => {
    const parsed = (await text(request)).split('\n').slice(0, -1).map(parseLine);
    const bad = parsed.find((point) => typeof point === 'string');
    if (bad !== undefined) return response.writeHead(400).end(`no line protocol: ${bad}`);
    points.push(...(parsed as Received[]));
    return response.writeHead(204).end();
  });
  return {
    options: { url: `${server.url}/api/v2/write?bucket=test`, ...options },
    received: async () => points,
    down: () => server.down(),
    up: () => server.up(),
    hang: () => server.hang(),
    wrong: () => server.wrong(),
    close: () => server.down(),
  };
}

/** The line itself when it is none. */
function parseLine(line: string): Received | string {
  const match = LINE.exec(line);
  if (match === null) return line;
  const [, name, tags, fields] = match as unknown as [string, string, string, string];
  const pairs = split(tags.slice(1), ',').map((tag) => split(tag, '=').map(unescapeText) as [string, string]);
  const values = new Map(fields.split(',').map((field) => field.split('=') as [string, string]));
  const value = values.has('value')
    ? Number(values.get('value'))
    : { count: Number(values.get('count')), sum: Number(values.get('sum')) };
  return { name: unescapeText(name), attributes: Object.fromEntries(pairs), value };
}

function split(text: string, separator: string): string[] {
  return text === '' ? [] : text.split(new RegExp(`(?<!\\\\)${separator}`));
}

function unescapeText(text: string): string {
  return text.replace(/\\([, =])/g, '$1');
}
