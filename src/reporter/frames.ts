/** From a stack as V8 tells it to frames that a verdict can be found on, and that people can read. */
import { fileURLToPath } from 'node:url';
import { pathOf } from '../places.ts';
import type { RawFrame } from '../store/stack-area.ts';
import { ANONYMOUS, type Frame, type Frames, isOfApp } from './culprit.ts';
import { isEntry, isStraight } from './frame-source.ts';
import type { Sources } from './source-map.ts';

/** The agent's own code, built: what of it is on top of a stack belongs to a turn of the loop that is no one's fault. */
const OWN = pathOf('../');

/** One frame as `/findings` shows it. */
export interface ShownFrame {
  readonly function: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Frames that are kept: the stacks of a stall are much alike. */
const KNOWN_LIMIT = 2000;

/** Makes frames of what V8 tells, by the text of the files. */
export class FrameReader {
  readonly #sources: Sources;
  readonly #known = new Map<string, Frame>();

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  read(raw: readonly RawFrame[]): Frames {
    return raw.map((frame) => this.#frame(frame));
  }

  #frame(raw: RawFrame): Frame {
    const key = `${raw.function}\n${raw.url}\n${raw.line}:${raw.column}`;
    const known = this.#known.get(key);
    if (known) return known;
    if (this.#known.size >= KNOWN_LIMIT) this.#known.clear();
    const { line, column } = raw;
    const lineAt = (number: number) => this.#sources.line(file, number);
    const start = { line: raw.startLine, column: raw.startColumn };
    const file = fileOf(raw.url);
    const frame = {
      function: raw.function || ANONYMOUS,
      file,
      line,
      column,
      start: `${start.line}:${start.column}`,
      entered: isEntry(start, { line, column }, lineAt(line)),
      straight: isStraight(start, { line, column }, lineAt),
    };
    this.#known.set(key, frame);
    return frame;
  }
}

/** Whether it tells anything of the app: an idle loop, or the agent's own pulse, does not. */
export function isTelling(frames: Frames): boolean {
  const top = frames.find(isOfApp);
  return top !== undefined && !top.file.startsWith(OWN);
}

/** In the author's source, where a map is at hand. */
export function show(frame: Frame, sources: Sources): ShownFrame {
  const { file, line, column } = sources.original(frame);
  return { function: frame.function, file, line, column };
}

function fileOf(url: string): string {
  if (!url.startsWith('file:')) return url;
  try {
    return fileURLToPath(url);
  } catch {
    return url;
  }
}
