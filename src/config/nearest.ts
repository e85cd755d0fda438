/** Which known name a mistyped one most resembles. */

/** Names longer than this are cut before they are compared. */
const COMPARED = 64;

/** The candidate at the smallest edit distance, the first of equals. `candidates` must not be empty. */
export function nearest(name: string, candidates: readonly string[]): string {
  const distances = candidates.map((candidate) => distance(name.slice(0, COMPARED), candidate.slice(0, COMPARED)));
  return candidates[distances.indexOf(Math.min(...distances))]!;
}

/** Levenshtein distance, in either case. */
function distance(left: string, right: string): number {
  const a = left.toLowerCase();
  const b = right.toLowerCase();
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
