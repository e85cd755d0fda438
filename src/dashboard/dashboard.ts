/** The dashboard of a process that serves: looks every 5 s, and each second while somebody watches. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { availableParallelism } from 'node:os';
import { now as clock, epochOf } from '../clock.ts';
import type { GuardedHandler } from '../reporter/answer.ts';
import type { Finding } from '../reporter/findings.ts';
import { jsonRoute } from '../reporter/json-route.ts';
import { isRead } from '../reporter/read-only.ts';
import { every } from '../reporter/schedule.ts';
import type { Sight } from '../snapshot/sight.ts';
import { VERSION } from '../version.ts';
import { Board } from './board.ts';
import type { Now, Step } from './feed.ts';
import { type FileHandler, fileHandlers } from './files.ts';
import { STEP } from './history.ts';
import { eventText, Live } from './live.ts';

/** ms between two `now` events. */
const SECOND = 1000;
/** ms for which an answer is as good as a new one, at least: many who ask cost as much as one. */
const FRESH = 500;
/** Looking may take this share of the time: of many processes with many routes it is done less often. */
const SHARE = 0.05;

const INDEX = `loadline: in a browser this is a page, in a terminal ask "npx loadline top".

/metrics   for Prometheus
/health    whether the agent runs
/now       what holds at this moment: verdict, vitals, workers, routes
/history   numbers over time: ?step=5 (the last hour) or 60 (the last day), &tracks=a,b*
/series    every series there is
/live      the same as it comes, as server-sent events
/findings  what is wrong, or was
/requests  what is in flight
`;

const PAGE = new URL('./page/', import.meta.url);

export interface DashboardOptions {
  /** What is known at this moment. Asks nobody, never throws. */
  sight(): Sight;
  /** Of all processes, latest first. Never rejects. */
  findings(): Promise<readonly Finding[]>;
  /** Says a line once per key. Never throws. */
  warn(key: string, line: string): void;
}

export class Dashboard {
  readonly #options: DashboardOptions;
  readonly #board = new Board({
    ...{ cores: availableParallelism(), version: VERSION, node: process.version },
    ...{ pid: process.pid, uptime: process.uptime },
  });
  readonly #live: Live;
  #schedules: readonly (() => void)[] = [];
  #now: { readonly at: number; readonly value: Promise<Now> } | undefined;
  /** `until`: ms, monotonic. */
  #seen: { readonly until: number; readonly sight: Sight } | undefined;
  #findings: readonly Finding[] = [];
  #told = '';

  constructor(options: DashboardOptions) {
    this.#options = options;
    this.#live = new Live(() => this.#greeting());
  }

  /** History begins. Call once. */
  start(): void {
    void this.#guarded(() => this.#record());
    this.#schedules = [
      every(STEP, () => this.#guarded(() => this.#record())),
      every(SECOND, () => this.#guarded(() => this.#tell())),
    ];
  }

  /** Path → handler. */
  get handlers(): Readonly<Record<string, GuardedHandler>> {
    const files = fileHandlers(PAGE);
    return {
      ...files,
      '/': index(files['/']),
      '/now': jsonRoute(() => this.#present()),
      '/history': jsonRoute(({ url }) => this.#history(url ?? '')),
      '/series': jsonRoute(() => this.#board.series(this.#sight())),
      '/live': (request: IncomingMessage, response: ServerResponse, { lift }) =>
        this.#live.open(request, response, lift),
    };
  }

  /** Ends all streams. */
  close(): void {
    for (const end of this.#schedules) end();
    this.#live.close();
  }

  /** Timers must not end the thread that everything else is on. */
  async #guarded(task: () => void | Promise<void>): Promise<void> {
    try {
      await task();
    } catch (error) {
      this.#options.warn('dashboard', `the dashboard has a gap: ${(error as Error).message}`);
    }
  }

  #record(): void {
    this.#seen = undefined;
    const point = this.#board.record(this.#sight(), clock());
    if (point && this.#live.isHeard) this.#live.tell(eventText('point', point));
  }

  async #tell(): Promise<void> {
    if (!this.#live.isHeard) return;
    const present = await this.#present();
    this.#live.tell(eventText('now', present));
    this.#tellFindings();
  }

  #tellFindings(): void {
    const told = eventText('findings', this.#findings);
    if (told !== this.#told) this.#live.tell(told);
    this.#told = told;
  }

  /** Whoever comes later knows what all others were told. */
  async #greeting(): Promise<string> {
    const present = await this.#present();
    this.#tellFindings();
    return eventText('now', present) + this.#told;
  }

  #present(): Promise<Now> {
    const at = clock();
    if (!this.#now || at - this.#now.at >= FRESH) this.#now = { at, value: this.#look() };
    return this.#now.value;
  }

  async #look(): Promise<Now> {
    this.#findings = await this.#options.findings();
    return this.#board.now(
      this.#sight(),
      this.#findings.filter(({ until }) => until === null),
      epochOf(clock()),
    );
  }

  #sight(): Sight {
    const at = clock();
    if (this.#seen && at < this.#seen.until) return this.#seen.sight;
    const sight = this.#options.sight();
    this.#seen = { sight, until: at + Math.max(FRESH, (clock() - at) / SHARE) };
    return sight;
  }

  #history(target: string): unknown {
    const query = new URLSearchParams(target.split('?')[1] ?? '');
    const step: Step = query.get('step') === '60' ? 60 : 5;
    const tracks = query.get('tracks');
    return this.#board.history(step, tracks === null ? undefined : tracks.split(','));
  }
}

/** The page for browsers; for others what there is to read. */
function index(page: FileHandler | undefined): FileHandler {
  return (request, response) => {
    response.setHeader('Vary', 'Accept, Accept-Encoding');
    if (!isRead(request, response)) return;
    if (page && request.headers.accept?.includes('text/html')) return page(request, response);
    response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-cache' });
    response.end(INDEX);
  };
}
