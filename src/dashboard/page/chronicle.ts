/** What the page knows of the past: fine for an hour, coarse for a day, of the tracks that all charts need. */
import type { History, TrackPoint } from '../feed.ts';
import { askJson } from './api.ts';
import { stepFor } from './span.ts';
import { Timeline } from './timeline.ts';
import type { View } from './view.ts';

const MINUTE = 60_000;

export class Chronicle {
  readonly fine = new Timeline(5);
  readonly #coarse = new Timeline(60);
  readonly #view: View;
  readonly #loaded: () => void;
  /** Epoch ms by this machine's clock. */
  #coarseAsked = 0;

  /** @param loaded told when the coarse history came */
  constructor(view: View, loaded: () => void) {
    this.#view = view;
    this.#loaded = loaded;
  }

  /** Epoch ms: since when something is known. */
  get first(): number | undefined {
    return this.#coarse.first ?? this.fine.first;
  }

  /** That of the step which the view needs. The coarse one is asked for when it is first looked at, then each minute. */
  timeline(): Timeline {
    if (stepFor(this.#view.span, this.fine.first, this.#view.last) === 5) return this.fine;
    if (Date.now() - this.#coarseAsked > MINUTE) {
      this.#coarseAsked = Date.now();
      this.#loadCoarse().catch(() => {
        // The connection tells that the agent does not answer; the next look asks again.
        this.#coarseAsked = 0;
      });
    }
    return this.#coarse;
  }

  /** What came since the page last heard of the agent. */
  async catchUp(): Promise<void> {
    this.#coarseAsked = 0;
    this.fine.load(await askJson<History>('history?step=5'));
  }

  append(point: TrackPoint): void {
    this.fine.append(point);
  }

  async #loadCoarse(): Promise<void> {
    this.#coarse.load(await askJson<History>('history?step=60'));
    this.#loaded();
  }
}
