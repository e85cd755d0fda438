/** The Prometheus adapter: `GET /metrics`. No option, no peer library. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type Format, type Omission, renderBytes } from '../src/exposition/text.ts';
import type { AdapterContext, AdapterFactory } from '../src/reporter/adapter.ts';
import { acceptsGzip, negotiateFormat } from './prometheus-accept.ts';

const CONTENT_TYPES: { readonly [format in Format]: string } = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** Bytes. A smaller answer fits one packet with or without gzip. */
const GZIP_FROM = 1024;
/** The fastest level: 10k series are megabytes, and the scraper is usually near. */
const GZIP_LEVEL = 1;
/** How many metrics are named on stderr, each once. */
const MAX_TOLD = 50;

const gzipAsync = promisify(gzip);

/** One rendering, shared by all scrapes that waited for it. */
interface Page {
  readonly body: Buffer;
  /** Made by the first scrape that wants it. */
  gzipped?: Promise<Buffer>;
}

const createPrometheus: AdapterFactory = (_options, context) => {
  const snapshot = shareInFlight(() => context.snapshot());
  const tell = omissionLog(context);
  const pageOf = (format: Format) =>
    shareInFlight(async (): Promise<Page> => {
      const { body, omissions } = renderBytes(await snapshot(), format);
      tell(omissions);
      return { body };
    });
  const pages = { text: pageOf('text'), openmetrics: pageOf('openmetrics') };
  return { routes: { '/metrics': (request, response) => answer(request, response, pages) } };
};

export default createPrometheus;

type Pages = { readonly [format in Format]: () => Promise<Page> };

async function answer(request: IncomingMessage, response: ServerResponse, pages: Pages): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuseMethod(response);
  const format = negotiateFormat(request.headers.accept);
  const page = await pages[format]();
  const zip = page.body.length >= GZIP_FROM && acceptsGzip(request.headers['accept-encoding']?.toString());
  const body = zip ? await gzippedBody(page) : page.body;
  response.writeHead(200, {
    'Content-Type': CONTENT_TYPES[format],
    'Content-Length': body.length,
    ...(zip ? { 'Content-Encoding': 'gzip' } : {}),
    'Cache-Control': 'no-store',
    Vary: 'Accept, Accept-Encoding',
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function refuseMethod(response: ServerResponse): void {
  response.writeHead(405, { Allow: 'GET, HEAD', 'Content-Type': 'text/plain; charset=utf-8' });
  response.end('only GET and HEAD\n');
}

function gzippedBody(page: Page): Promise<Buffer> {
  page.gzipped ??= gzipAsync(page.body, { level: GZIP_LEVEL });
  return page.gzipped;
}

/** Calls that arrive while one is under way get its result. A failure is shared too, and forgotten with it. */
function shareInFlight<T>(make: () => Promise<T>): () => Promise<T> {
  let pending: Promise<T> | undefined;
  const run = async (): Promise<T> => {
    try {
      return await make();
    } finally {
      pending = undefined;
    }
  };
  return () => {
    pending ??= run();
    return pending;
  };
}

/** Names each metric once, so that a scrape every few seconds does not fill stderr. */
function omissionLog({ log }: AdapterContext): (omissions: readonly Omission[]) => void {
  const told = new Set<string>();
  return (omissions) => {
    for (const { metric, reason, series } of omissions) {
      if (told.has(metric) || told.size >= MAX_TOLD) continue;
      told.add(metric);
      log(`prometheus: ${JSON.stringify(metric)} is left out (${series} series): ${reason}`);
    }
  };
}
