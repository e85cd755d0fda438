/** Which known name a mistyped one most resembles. */

/** Names longer than this, in characters, are cut before they are compared: the work stays bounded. */
const COMPARED = 64;

/**
 * The candidate at the smallest edit distance, in either case, the first of equals. The first word of a variable
 * (`LOADLINE_`, `OTEL_`) does not count, and the last words of a candidate count as the whole: `port` is nearest to
 * `prometheus.port`. `candidates` must not be empty.
 */
export function nearest(name: string, candidates: readonly string[]): string {
  const wanted = normal(name);
  const distances = candidates.map((candidate) =>
    Math.min(...endings(normal(candidate)).map((ending) => distance(wanted, ending))),
  );
  return candidates[distances.indexOf(Math.min(...distances))]!;
}

function normal(name: string): string {
  return name
    .slice(0, COMPARED)
    .replace(/^(LOADLINE|OTEL)_/, '')
    .toLowerCase();
}

/** `a.b_c` → `a.b_c`, `b_c`, `c`. */
function endings(name: string): string[] {
  const starts = [...name.matchAll(/[._]/g)].map((separator) => separator.index + 1);
  return [0, ...starts].map((start) => name.slice(start));
}

/** Levenshtein. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
