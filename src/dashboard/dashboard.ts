/** The dashboard of a process that serves: looks every 5 s, and each second while somebody watches. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { availableParallelism } from 'node:os';
import { now as clock } from '../clock.ts';
import type { GuardedHandler } from '../reporter/answer.ts';
import type { Finding } from '../reporter/findings.ts';
import { jsonRoute } from '../reporter/json-route.ts';
import { every } from '../reporter/schedule.ts';
import type { Sight } from '../snapshot/sight.ts';
import { VERSION } from '../version.ts';
import { Board } from './board.ts';
import type { Now, Step } from './feed.ts';
import { fileHandlers } from './files.ts';
import { STEP } from './history.ts';
import { eventText, Live } from './live.ts';

/** ms between two `now` events. */
const SECOND = 1000;
/** ms for which an answer is as good as a new one: many who ask cost as much as one. */
const FRESH = 500;

const PAGE = new URL('./page/', import.meta.url);

export interface DashboardOptions {
  /** What is known at this moment. Asks nobody, never throws. */
  sight(): Sight;
  /** Of all processes, latest first. Never rejects. */
  findings(): Promise<readonly Finding[]>;
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
  #findings: readonly Finding[] = [];
  #told = '';

  constructor(options: DashboardOptions) {
    this.#options = options;
    this.#live = new Live(() => this.#greeting());
  }

  /** History begins. Call once. */
  start(): void {
    this.#record();
    this.#schedules = [every(STEP, () => this.#record()), every(SECOND, () => this.#tell())];
  }

  /** Path → handler. */
  get handlers(): Readonly<Record<string, GuardedHandler>> {
    return {
      ...fileHandlers(PAGE),
      '/now': jsonRoute(() => this.#present()),
      '/history': jsonRoute(({ url }) => this.#history(url ?? '')),
      '/series': jsonRoute(() => this.#board.series(this.#options.sight())),
      '/live': (request: IncomingMessage, response: ServerResponse, { lift }) =>
        this.#live.open(request, response, lift),
    };
  }

  /** Ends all streams. */
  close(): void {
    for (const end of this.#schedules) end();
    this.#live.close();
  }

  #record(): void {
    const point = this.#board.record(this.#options.sight(), clock());
    if (point) this.#live.tell('point', point);
  }

  async #tell(): Promise<void> {
    if (!this.#live.isHeard) return;
    this.#live.tell('now', await this.#present());
    const told = JSON.stringify(this.#findings);
    if (told !== this.#told) this.#live.tell('findings', this.#findings);
    this.#told = told;
  }

  async #greeting(): Promise<string> {
    const present = await this.#present();
    return eventText('now', present) + eventText('findings', this.#findings);
  }

  #present(): Promise<Now> {
    const at = clock();
    if (!this.#now || at - this.#now.at >= FRESH) this.#now = { at, value: this.#look() };
    return this.#now.value;
  }

  async #look(): Promise<Now> {
    this.#findings = await this.#options.findings();
    return this.#board.now(
      this.#options.sight(),
      this.#findings.filter(({ until }) => until === null),
    );
  }

  #history(target: string): unknown {
    const query = new URLSearchParams(target.split('?')[1] ?? '');
    const step: Step = query.get('step') === '60' ? 60 : 5;
    const tracks = query.get('tracks');
    return this.#board.history(step, tracks === null ? undefined : tracks.split(','));
  }
}
