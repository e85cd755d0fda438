/** Order and choice of a table's rows. Pure. */

export type SortValue = number | string | null;

/** A new list. What is null comes last either way; equal rows keep their order. Texts compare as people count: 2 < 10. */
export function sorted<Row>(rows: readonly Row[], value: (row: Row) => SortValue, descending: boolean): Row[] {
  const keyed = rows.map((row) => ({ row, key: value(row) }));
  keyed.sort((a, b) => {
    if (a.key === null || b.key === null) return Number(a.key === null) - Number(b.key === null);
    return descending ? compare(b.key, a.key) : compare(a.key, b.key);
  });
  return keyed.map(({ row }) => row);
}

const COLLATOR = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

function compare(a: number | string, b: number | string): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return COLLATOR.compare(String(a), String(b));
}

/**
 * The order of before for rows that were there, new ones at the end in the order they came in: what a reader points at
 * does not jump away.
 */
export function held<Row>(rows: readonly Row[], before: readonly string[], key: (row: Row) => string): Row[] {
  const place = new Map(before.map((each, index) => [each, index]));
  return sorted(rows, (row) => place.get(key(row)) ?? before.length, false);
}

/** Whether each word of the query is in one of the texts, in any case. An empty query takes all. */
export function matches(query: string, texts: readonly string[]): boolean {
  const all = texts.join('\n').toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}
