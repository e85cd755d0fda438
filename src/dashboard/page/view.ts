/** What stretch of time all charts show: the latest of a range, one that the reader chose, or a standing picture. */
import { liveSpan, moved, RANGES, type Span, zoomed } from './span.ts';

export class View {
  /** ms. */
  range = RANGES[1]!.length;
  #chosen: Span | undefined;
  #paused: Span | undefined;
  #first: number | undefined;
  #last = Date.now();
  readonly #changed = new Set<() => void>();

  get span(): Span {
    return this.#chosen ?? this.#paused ?? liveSpan(this.range, this.#first, this.#last);
  }

  /** The reader chose a stretch. */
  get isZoomed(): boolean {
    return this.#chosen !== undefined;
  }

  /** Nothing new is drawn. */
  get isPaused(): boolean {
    return this.#paused !== undefined;
  }

  /** Latest time there are numbers of. */
  get last(): number {
    return this.#last;
  }

  onChange(changed: () => void): void {
    this.#changed.add(changed);
  }

  /** New points came. True when they are to be drawn. */
  reach(first: number | undefined, last: number | undefined): boolean {
    this.#first = first;
    if (last !== undefined) this.#last = last;
    return !this.isPaused;
  }

  setRange(range: number): void {
    this.range = range;
    this.#chosen = undefined;
    this.#paused = this.#paused && liveSpan(range, this.#first, this.#paused.to);
    this.#tell();
  }

  show(span: Span): void {
    const middle = (span.from + span.to) / 2;
    // A drag that is shorter than anybody can look at is widened.
    this.#chosen = zoomed(span, 1, middle);
    this.#tell();
  }

  zoom(factor: number, center?: number): void {
    this.show(zoomed(this.span, factor, center));
  }

  /** By a part of what is shown; negative is earlier. */
  move(part: number): void {
    this.show(moved(this.span, part, Math.max(this.#last, this.span.to)));
  }

  /** Back to the range, and to live numbers. */
  reset(): void {
    this.#chosen = undefined;
    this.#paused = undefined;
    this.#tell();
  }

  pause(): void {
    this.#paused = this.span;
    this.#tell();
  }

  resume(): void {
    this.#paused = undefined;
    this.#tell();
  }

  #tell(): void {
    for (const changed of this.#changed) changed();
  }
}
