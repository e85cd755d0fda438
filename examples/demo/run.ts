/** One run of the demo, from the first process to the last. */
import { type Front, startFront } from './front.ts';
import { between, type Interval, type Scrape } from './interval.ts';
import { type Load, startLoad } from './load.ts';
import type { Options } from './options.ts';
import { parseSamples } from './scrape.ts';
import { freePort, type Shop, startShop, USUAL_PORT } from './shop.ts';
import { pause, Stop } from './stop.ts';
import { summary } from './summary.ts';
import { processLine, routeTable } from './table.ts';

/** Short, so that a run of 20 s has enough intervals to tell which route burns the loop. */
const SCRAPE_MS = 1000;
const SCRAPES_PER_TABLE = 3;
const SCRAPE_PATIENCE_MS = 10_000;
const START_PATIENCE_MS = 10_000;
const DRAIN_MS = 2000;
/** A connection to a process breaks a moment before its exit is known. */
const EXIT_PATIENCE_MS = 500;

/** Resolves with the exit code; by then every process, server and timer of the demo has ended. */
export async function run(options: Options): Promise<number> {
  const stop = new Stop();
  const port = await freePort();
  if (port !== USUAL_PORT) say(`port ${USUAL_PORT} is taken, so /metrics is on ${port}`);
  const shop = startShop(port);
  let front: Front | undefined;
  let load: Load | undefined;
  try {
    const target = await whileAlive(shop, listening(shop, stop.signal));
    front = await startFront({ target });
    const scrapes = [await whileAlive(shop, firstScrape(shop.metrics, stop.signal))];
    load = startLoad(front.url, options.rate);
    if (options.duration !== undefined) stop.after(options.duration);
    say(
      `dashboard at ${shop.dashboard}`,
      `shop on ${target}, front end on ${front.url}, ${options.rate} requests/s`,
      `metrics: ${shop.metrics}`,
    );
    const began = performance.now();
    await whileAlive(shop, watch(shop.metrics, scrapes, stop.signal));
    const seconds = (performance.now() - began) / 1000;
    await whileAlive(shop, load.stop(DRAIN_MS));
    scrapes.push(await whileAlive(shop, scrape(shop.metrics)));
    const whole = between(scrapes[0]!, scrapes.at(-1)!);
    say('', ...summary({ tally: load.tally, seconds, whole, intervals: steps(scrapes) }));
    return 0;
  } catch (error) {
    process.stderr.write(`demo: ${(error as Error).message}\n`);
    return 1;
  } finally {
    stop.end();
    await load?.stop(0);
    await front?.close();
    await shop.stop();
  }
}

function say(...lines: string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** `work`, or a rejection that says how the shop ended when that is why or came first. */
async function whileAlive<Value>(shop: Shop, work: Promise<Value>): Promise<Value> {
  const dead = shop.ended.then((how) => Promise.reject<never>(new Error(`the shop ${how}`)));
  try {
    return await Promise.race([work, dead]);
  } catch (error) {
    await Promise.race([dead, pause(EXIT_PATIENCE_MS, new AbortController().signal)]);
    throw error;
  }
}

async function listening(shop: Shop, signal: AbortSignal): Promise<string> {
  const answered = new AbortController();
  const late = pause(START_PATIENCE_MS, AbortSignal.any([signal, answered.signal])).then(() => undefined);
  const url = await Promise.race([shop.listening, late]);
  answered.abort();
  if (url === undefined)
    throw new Error(signal.aborted ? 'stopped before the shop listened' : 'the shop does not listen');
  return url;
}

/** Scrapes every second into `scrapes`, with a table every third time, until the signal aborts; says what it missed. */
async function watch(url: string, scrapes: Scrape[], signal: AbortSignal): Promise<void> {
  let shown = scrapes[0]!;
  for (let count = 1; ; count++) {
    await pause(SCRAPE_MS, signal);
    const latest = await scrape(url, signal).catch((error: Error) => error);
    if (signal.aborted) return;
    if (latest instanceof Error) {
      say(latest.message);
      continue;
    }
    scrapes.push(latest);
    if (count % SCRAPES_PER_TABLE !== 0) continue;
    const interval = between(shown, latest);
    say('', ...routeTable(interval), `${processLine(interval)}  ${url}`);
    shown = latest;
  }
}

async function firstScrape(url: string, signal: AbortSignal): Promise<Scrape> {
  const deadline = performance.now() + START_PATIENCE_MS;
  for (;;) {
    try {
      return await scrape(url, signal);
    } catch (error) {
      if (signal.aborted || performance.now() > deadline) throw error;
      await pause(100, signal);
    }
  }
}

async function scrape(url: string, signal?: AbortSignal): Promise<Scrape> {
  try {
    const patience = AbortSignal.timeout(SCRAPE_PATIENCE_MS);
    const response = await fetch(url, { signal: signal ? AbortSignal.any([signal, patience]) : patience });
    const text = await response.text();
    if (!response.ok) throw new Error(`status ${response.status}`);
    return { time: performance.now() / 1000, samples: parseSamples(text) };
  } catch (error) {
    const { message, cause } = error as Error;
    throw new Error(`${url} gave no numbers (${cause instanceof Error ? cause.message : message})`);
  }
}

function steps(scrapes: readonly Scrape[]): Interval[] {
  return scrapes.slice(1).map((scrape, index) => between(scrapes[index]!, scrape));
}
