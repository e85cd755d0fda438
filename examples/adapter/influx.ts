/**
 * A complete adapter of a third party: InfluxDB line protocol over HTTP. Outside this repository the types come from
 * 'loadline'; nothing else is imported.
 */
import type { Adapter, AdapterContext, AdapterFactory, Snapshot } from '../../src/index.ts';
import { toLines } from './line.ts';

export interface InfluxOptions {
  /** Where to POST to: `http://127.0.0.1:8086/api/v2/write?org=o&bucket=b`. `precision=ms` is added. */
  readonly url: string;
  /** Sent as `Authorization: Token …`. Default: none. */
  readonly token?: string;
  /** What counters and histograms say: totals, or what came since the last push. Default: `cumulative`. */
  readonly temporality?: 'cumulative' | 'delta';
}

/** What a response means for the points of its request. */
type Answer = 'taken' | 'refused' | 'again';

const createInflux: AdapterFactory<InfluxOptions> = (options, context) => {
  const { url, temporality = 'cumulative' } = options;
  if (typeof url !== 'string' || !URL.canParse(url)) throw new Error(`options.url is no URL: ${String(url)}`);
  return new Influx(new URL(url), options.token, temporality, context);
};

export default createInflux;

class Influx implements Adapter {
  readonly wants: { readonly temporality: 'cumulative' | 'delta' };
  readonly #url: URL;
  readonly #headers: Record<string, string>;
  readonly #context: AdapterContext;
  #closed = false;

  constructor(url: URL, token: string | undefined, temporality: 'cumulative' | 'delta', context: AdapterContext) {
    this.wants = { temporality };
    this.#url = url;
    this.#url.searchParams.set('precision', 'ms');
    this.#headers = { 'content-type': 'text/plain; charset=utf-8', ...(token && { authorization: `Token ${token}` }) };
    this.#context = context;
  }

  async push(snapshot: Snapshot, signal: AbortSignal): Promise<void> {
    if (this.#closed) throw new Error('the adapter is closed');
    const { text, points, refused } = toLines(snapshot);
    const answer = points === 0 ? 'taken' : await this.#post(text, signal);
    // Counted after the answer: what is to be pushed again is not lost.
    this.#context.count('dropped', refused);
    if (answer === 'taken') this.#context.count('sent', points);
    else this.#context.count(answer === 'refused' ? 'dropped' : 'unknown', points);
  }

  /** All lines in one request, so that a failure means: nothing of it. @throws when the points are to come again. */
  async #post(body: string, signal: AbortSignal): Promise<'taken' | 'refused' | 'unknown'> {
    try {
      const response = await fetch(this.#url, { method: 'POST', headers: this.#headers, body, signal });
      const said = (await response.text()).slice(0, 200);
      const answer = meaningOf(response.status);
      if (answer === 'again') throw new Error(`InfluxDB answers ${response.status}`);
      if (answer === 'refused') this.#context.log(`influx: refused with ${response.status}: ${said}`);
      return answer;
    } catch (error) {
      // A total can be sent twice. A difference that nobody answered for can not: it may be there already.
      if (signal.aborted && this.wants.temporality === 'delta') return 'unknown';
      throw error instanceof Error && error.cause instanceof Error ? error.cause : error;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
  }
}

/** Refused is what would be refused again: a bad line or a missing bucket, not a server that is busy. */
function meaningOf(status: number): Answer {
  if (status >= 200 && status < 300) return 'taken';
  return status >= 400 && status < 500 && status !== 408 && status !== 429 ? 'refused' : 'again';
}
