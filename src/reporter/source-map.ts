/** From where generated code stands to where its author wrote it, by the source map that the file names. */
import { readFileSync, statSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Place {
  readonly file: string;
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
}

/** Files and maps above it are left alone: reading them would hold the reporter up. */
const BYTES_LIMIT = 8 * 1024 * 1024;
/** Files that are kept. */
const FILES_LIMIT = 32;

interface Source {
  readonly lines: readonly string[];
  readonly map: SourceMap | undefined;
}

/** Files of the app as they are on disk, each read once. Nothing here throws. */
export class Sources {
  readonly #sources = new Map<string, Source | undefined>();

  /** One line without its end, from 1; undefined when it can't be had. */
  line(file: string, line: number): string | undefined {
    return this.#source(file)?.lines[line - 1];
  }

  /** Where the author wrote it; the place itself when no map is at hand. */
  original(place: Place): Place {
    const entry = this.#source(place.file)?.map?.findEntry(place.line - 1, place.column - 1);
    if (!entry || !('originalSource' in entry)) return place;
    const file = pathOf(entry.originalSource, dirname(place.file));
    return { file, line: entry.originalLine + 1, column: entry.originalColumn + 1 };
  }

  #source(file: string): Source | undefined {
    if (!file.startsWith('/') && !/^[A-Za-z]:\\/.test(file)) return undefined;
    if (this.#sources.has(file)) return this.#sources.get(file);
    const source = read(file);
    if (this.#sources.size >= FILES_LIMIT) this.#sources.delete(this.#sources.keys().next().value!);
    this.#sources.set(file, source);
    return source;
  }
}

function read(file: string): Source | undefined {
  try {
    const text = readBounded(file);
    return { lines: text.split('\n'), map: mapOf(file, text) };
  } catch {
    // Gone, too large or not for us: frames stay as the engine tells them.
    return undefined;
  }
}

function mapOf(file: string, text: string): SourceMap | undefined {
  const url = [...text.slice(-BYTES_LIMIT).matchAll(/^\/\/[#@] sourceMappingURL=(\S+)\s*$/gm)].at(-1)?.[1];
  if (url === undefined) return undefined;
  try {
    return new SourceMap(JSON.parse(payloadOf(url, dirname(file))) as SourceMapPayload);
  } catch {
    // A map that is not there or no map: the place in the generated code is right all the same.
    return undefined;
  }
}

function payloadOf(url: string, folder: string): string {
  const inline = /^data:[^,]*?(;base64)?,(.*)$/s.exec(url);
  if (!inline) return readBounded(pathOf(url, folder));
  return inline[1] ? Buffer.from(inline[2]!, 'base64').toString() : decodeURIComponent(inline[2]!);
}

function readBounded(file: string): string {
  const { size } = statSync(file);
  if (size > BYTES_LIMIT) throw new RangeError(`${size} bytes`);
  return readFileSync(file, 'utf8');
}

function pathOf(url: string, folder: string): string {
  if (url.startsWith('file:')) return fileURLToPath(url);
  return /^[a-z][a-z0-9+.-]+:/i.test(url) ? url : resolve(folder, url);
}
