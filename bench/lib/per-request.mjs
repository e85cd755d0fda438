/** What turns of a server tell of a request. */
import { midmean, sum } from './statistics.mjs';

/** @typedef {import('./turns.mjs').Turn} Turn */

/**
 * µs of CPU per request.
 *
 * @param {readonly Turn[]} turns
 */
export function micros(turns) {
  return total(turns, 'cpu') / total(turns, 'requests');
}

/**
 * Requests per second of load.
 *
 * @param {readonly Turn[]} turns
 */
export function perSecond(turns) {
  return total(turns, 'requests') / total(turns, 'seconds');
}

/**
 * How many times the CPU of the base a request takes: the middle of the ratios of the rounds, and what the scrapes take more,
 * which are too rare to be in any middle.
 *
 * @param {readonly Turn[]} base
 * @param {readonly Turn[]} turns of the same rounds
 */
export function ratioTo(base, turns) {
  const plain = turns.filter(({ scraped }) => !scraped);
  const logs = turns.flatMap((turn, i) => (turn.scraped ? [] : [Math.log(micros([turn]) / micros([base[i]]))]));
  const usual = micros(plain);
  const scrapes = turns.filter(({ scraped }) => scraped).map(({ cpu, requests }) => cpu - requests * usual);
  return Math.exp(midmean(logs)) * (1 + sum(scrapes) / total(plain, 'cpu'));
}

/**
 * @param {readonly Turn[]} turns
 * @param {'cpu' | 'requests' | 'seconds'} kind
 */
export function total(turns, kind) {
  return sum(turns.map((turn) => turn[kind]));
}
