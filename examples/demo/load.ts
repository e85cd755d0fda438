/** Open-loop load: requests start at their time, however slow the answers are, as clients on the internet do. */
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** One kind of request. Weights are relative. */
export interface Kind {
  readonly weight: number;
  readonly method: 'GET' | 'POST';
  /** `n` is a small whole number that spreads the requests over ids. */
  path(n: number): string;
  /** Bytes of body. Default: none. */
  readonly upload?: number;
  /** The client gives up after this many milliseconds. Default: never. */
  readonly patience?: number;
}

/** What came of the requests. `sent` is the sum of the others and of those still open. */
export interface Tally {
  sent: number;
  /** Answers below 400, 400 to 499, and 500 up. */
  ok: number;
  refused: number;
  failed: number;
  /** Clients that gave up, as planned. */
  aborted: number;
  /** Broken connections that nobody planned. */
  broken: number;
}

export interface Load {
  readonly tally: Readonly<Tally>;
  /** Starts no more requests, waits at most `patience` ms for the open ones, then cuts them. */
  stop(patience: number): Promise<void>;
}

export const SHOP: readonly Kind[] = [
  { weight: 14, method: 'GET', path: () => '/' },
  { weight: 14, method: 'GET', path: () => '/api/products' },
  { weight: 26, method: 'GET', path: (n) => `/api/products/${1 + (n % 41)}` },
  { weight: 14, method: 'POST', path: (n) => `/api/carts/${n}/items` },
  { weight: 4, method: 'POST', path: (n) => `/api/carts/${n}/pay` },
  { weight: 1, method: 'POST', path: (n) => `/api/carts/${n}/pay?card=broken` },
  { weight: 11, method: 'GET', path: (n) => `/api/orgs/acme-${n % 5}/reports/${n}` },
  { weight: 4, method: 'POST', path: (n) => `/api/orgs/acme-${n % 5}/photos`, upload: 200_000 },
  { weight: 4, method: 'GET', path: (n) => `/api/orgs/acme-${n % 5}/exports/${n}` },
  { weight: 1, method: 'GET', path: (n) => `/api/orgs/acme-${n % 5}/exports/${n}`, patience: 200 },
  { weight: 6, method: 'GET', path: (n) => `/recommendations/user-${n}` },
  { weight: 1, method: 'GET', path: (n) => `/old-page-${n}` },
];

const TICK_MS = 5;

/** Sends `rate` requests a second to `url` until stopped, kinds chosen by weight in an order that repeats every run. */
export function startLoad(url: string, rate: number, kinds: readonly Kind[] = SHOP): Load {
  const agent = new http.Agent({ keepAlive: true });
  const tally: Tally = { sent: 0, ok: 0, refused: 0, failed: 0, aborted: 0, broken: 0 };
  const open = new Set<http.ClientRequest>();
  const random = generator(1);
  const began = performance.now();
  const ticker = setInterval(() => {
    const due = ((performance.now() - began) / 1000) * rate;
    while (tally.sent < due) {
      tally.sent++;
      const request = send(url, agent, choose(kinds, random()), Math.floor(random() * 1000), tally);
      open.add(request);
      request.once('close', () => open.delete(request));
    }
  }, TICK_MS);
  return {
    tally,
    async stop(patience) {
      clearInterval(ticker);
      const deadline = performance.now() + patience;
      while (open.size > 0 && performance.now() < deadline) await sleep(TICK_MS);
      for (const request of open) request.destroy();
      while (open.size > 0) await sleep(TICK_MS);
      agent.destroy();
    },
  };
}

/** Counts its outcome in `tally` exactly once. */
function send(url: string, agent: http.Agent, kind: Kind, n: number, tally: Tally): http.ClientRequest {
  const request = http.request(new URL(kind.path(n), url), { agent, method: kind.method });
  let outcome: keyof Tally = 'broken';
  request.on('response', (response) => {
    const status = response.statusCode!;
    response.once('end', () => {
      outcome = status >= 500 ? 'failed' : status >= 400 ? 'refused' : 'ok';
    });
    response.once('error', () => request.destroy());
    response.resume();
  });
  // The outcome stays `broken` unless something else was seen; `close` always follows.
  request.on('error', () => request.destroy());
  request.once('close', () => {
    clearTimeout(timer);
    tally[outcome]++;
  });
  const timer = setTimeout(giveUp, kind.patience ?? 60_000);
  function giveUp(): void {
    outcome = kind.patience === undefined ? 'broken' : 'aborted';
    request.destroy();
  }
  request.end(kind.upload ? Buffer.alloc(kind.upload, 'x') : undefined);
  return request;
}

/** `point` from 0 to 1 lands on a kind as often as its weight says. */
function choose(kinds: readonly Kind[], point: number): Kind {
  let left = point * kinds.reduce((sum, kind) => sum + kind.weight, 0);
  for (const kind of kinds) {
    left -= kind.weight;
    if (left < 0) return kind;
  }
  return kinds.at(-1)!;
}

/** mulberry32: numbers from 0 to 1, the same for the same seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
