/** From a stack as V8 tells it to frames that a verdict can be found on, and that people can read. */
import { fileURLToPath } from 'node:url';
import { ANONYMOUS, type Frame, type Frames, isOfApp } from './culprit.ts';
import type { Sources } from './source-map.ts';
import type { RawFrame } from './stack-capture.ts';

/** The agent's own code, built: what of it is on top of a stack belongs to a turn of the loop that is no one's fault. */
const OWN = fileURLToPath(new URL('../', import.meta.url));
/** V8's place for "just entered": the parameter list, or what an arrow function has for one. */
const ENTRY = /^(\(|async\b|[\p{ID_Start}$_][\p{ID_Continue}$]*\s*=>)/u;

/** One frame as `/findings` shows it. */
export interface ShownFrame {
  readonly function: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export function framesOf(raw: readonly RawFrame[], sources: Sources): Frames {
  return raw.map((frame, i) => {
    const file = fileOf(frame.url);
    const text = i === 0 ? sources.line(file, frame.line) : undefined;
    return {
      function: frame.function || ANONYMOUS,
      file,
      line: frame.line,
      column: frame.column,
      entered: text !== undefined && ENTRY.test(text.slice(frame.column - 1)),
    };
  });
}

/** Whether it tells anything of the app: an idle loop, or the agent's own pulse, does not. */
export function isTelling(frames: Frames): boolean {
  const top = frames.find(isOfApp);
  return top !== undefined && !top.file.startsWith(OWN);
}

/** In the author's source, where a map is at hand. */
export function show(frame: Frame, sources: Sources): ShownFrame {
  return { function: frame.function, ...sources.original(frame) };
}

function fileOf(url: string): string {
  if (!url.startsWith('file:')) return url;
  try {
    return fileURLToPath(url);
  } catch {
    return url;
  }
}
