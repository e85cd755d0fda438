/** `loadline top` on a terminal: asks, draws, and does what the keys say. */
import { ask, NoAnswer } from './ask.ts';
import type { Known } from './body.ts';
import { type Frame, frame } from './frame.ts';
import { paint } from './line.ts';
import type { Options } from './options.ts';
import { Screen } from './screen.ts';
import { press, START, type State } from './state.ts';
import { takeOver } from './takeover.ts';

export interface Terminal {
  readonly isAscii: boolean;
  readonly hasColours: boolean;
}

/** Resolves when a key ends it; a question may be under way then. A signal that ends it ends the process. */
export async function live(options: Options, terminal: Terminal): Promise<void> {
  const { stdin, stdout } = process;
  const screen = new Screen(stdout, stdin.isTTY ? stdin : undefined);
  const watch = new Watch(options, terminal, screen);
  const release = takeOver(screen, watch);
  try {
    await watch.run();
  } finally {
    release();
  }
}

class Watch {
  readonly #options: Options;
  readonly #terminal: Terminal;
  readonly #screen: Screen;
  readonly #ended: Promise<void>;
  /** Ends everything. */
  readonly end: () => void;
  #isOver = false;
  /** Ends the wait before the next question. */
  #goOn: () => void = () => {};
  #state: State = START;
  #known: Known | undefined;
  #problem: string | undefined;
  #answeredAt = performance.now();
  #extent: Frame['extent'] = { sortKeys: [], rows: 0, height: 0 };

  constructor(options: Options, terminal: Terminal, screen: Screen) {
    this.#options = options;
    this.#terminal = terminal;
    this.#screen = screen;
    let resolveEnd = () => {};
    this.#ended = new Promise((resolve) => {
      resolveEnd = resolve;
    });
    this.end = () => {
      this.#isOver = true;
      resolveEnd();
    };
  }

  async run(): Promise<void> {
    this.redraw();
    while (!this.#isOver) {
      const pause = new Promise<void>((resolve) => {
        this.#goOn = resolve;
      });
      const timer = setTimeout(this.#goOn, this.#options.interval);
      if (!this.#state.isPaused) await Promise.race([this.#ask(), this.#ended]);
      this.redraw();
      await Promise.race([pause, this.#ended]);
      clearTimeout(timer);
    }
  }

  async #ask(): Promise<void> {
    try {
      const known = await ask(this.#options, this.#state.view === 'requests');
      // Paused meanwhile: what is on the screen stays.
      if (this.#state.isPaused) return;
      this.#known = known;
      this.#answeredAt = performance.now();
      this.#problem = undefined;
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      this.#problem = error.message;
    }
  }

  press(key: string): void {
    const before = this.#state;
    this.#state = press(before, key, this.#extent);
    if (this.#state.view !== before.view || (before.isPaused && !this.#state.isPaused)) this.#goOn();
    this.redraw();
  }

  redraw(): void {
    if (this.#isOver) return;
    const age = (performance.now() - this.#answeredAt) / 1000;
    const outcome = { known: this.#known, problem: this.#problem, age, url: this.#options.url };
    const { lines, extent } = frame(outcome, this.#state, this.#screen.size, this.#terminal.isAscii);
    this.#extent = extent;
    this.#screen.draw(lines.map((line) => paint(line, this.#terminal.hasColours)));
  }
}
