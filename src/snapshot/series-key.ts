/** What tells the series of a metric apart, remembered: snapshots are immutable, and theirs are compared each interval. */
import { type Attributes, attributesKey } from './metric.ts';

const keys = new WeakMap<Attributes, string>();

/** `attributesKey` of an attribute set that nobody changes any more. */
export function seriesKey(attributes: Attributes): string {
  let key = keys.get(attributes);
  if (key === undefined) {
    key = attributesKey(attributes);
    keys.set(attributes, key);
  }
  return key;
}
