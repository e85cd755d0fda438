/**
 * Lines on stderr, written at once and from any thread. Never `console`: a worker's console waits for the main thread,
 * which may be blocked, and an app may have replaced it.
 */
import { writeSync } from 'node:fs';
import type { LogLevel } from './config.ts';

/**
 * Never throws. When stderr is a full pipe, a line is tried for a few milliseconds and then lost; only a pipe that was
 * set to block makes it wait for its reader, as it makes every writer.
 */
export interface Log {
  /** Something that went well. Only at level `info`. */
  info(line: string): void;
  /** Something that did not. At levels `info` and `warn`. */
  warn(line: string): void;
  /** A warning said once per key. At most 1000 keys are remembered; a new key beyond them says nothing. */
  once(key: string, line: string): void;
}

const STDERR = 2;
const KEY_LIMIT = 1000;
/** Longest line, in characters, so that one line is one small write. */
const LINE_LIMIT = 4000;
/** How often a full pipe is tried again, and the milliseconds between two tries. */
const TRIES = 5;
const PAUSE = 1;

/** A log for one level. Logs share nothing but stderr. */
export function createLog(level: LogLevel): Log {
  const said = new Set<string>();
  const warn = (line: string) => {
    if (level !== 'silent') write(line);
  };
  return {
    info(line) {
      if (level === 'info') write(line);
    },
    warn,
    once(key, line) {
      if (said.has(key) || said.size >= KEY_LIMIT) return;
      said.add(key);
      warn(line);
    },
  };
}

/** One line for any text: control characters, line separators and marks that reorder text become `\u….`. */
export function oneLine(text: string): string {
  const short = text.length > LINE_LIMIT ? `${text.slice(0, LINE_LIMIT)}…` : text;
  return short.replace(/[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, escapeCharacter);
}

function escapeCharacter(character: string): string {
  if (character === '\n') return '\\n';
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function write(line: string): void {
  const bytes = Buffer.from(`loadline: ${oneLine(line)}\n`);
  let written = 0;
  for (let tries = 0; tries < TRIES && written < bytes.length; tries++) {
    if (tries > 0) pause();
    written += writeSome(bytes.subarray(written));
  }
}

/** How many bytes stderr took: none when its pipe is full; all, as far as anyone can tell, when nobody reads it. */
function writeSome(bytes: Buffer): number {
  try {
    return writeSync(STDERR, bytes);
  } catch (error) {
    // EPIPE, EBADF, EIO, ENOSPC: stderr is gone for good, and there is nowhere else to say so.
    return (error as NodeJS.ErrnoException).code === 'EAGAIN' ? 0 : bytes.length;
  }
}

/** Gives the reader of a full pipe a moment: a synchronous write has no event to wait for. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
}
