/** Where the files of this package are, for what is loaded by its path: the same from the build and from its bundle. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** `src/`, as a URL that ends in `/`. A bundle keeps this module beside its entries in `src/`. */
const SRC = new URL('./', import.meta.url);

/** A `file:` URL, of a path from `src/`. */
export function placeOf(path: string): string {
  return new URL(path, SRC).href;
}

/** An absolute path likewise. */
export function pathOf(path: string): string {
  return fileURLToPath(new URL(path, SRC));
}

/** Loads a module now, by its path from `src/`. */
export const requireOwn = createRequire(SRC);
