import { halfWidth } from './statistics.mjs';

/**
 * Measures everybody once per round, in random order, so that what else the machine does meets all alike, until each
 * ratio to the first one is known well enough or time is over.
 *
 * @template Subject
 * @param {object} order
 * @param {readonly Subject[]} order.subjects The first is what the others are compared with, in the same round.
 * @param {(subject: Subject) => Promise<object>} order.measure
 * @param {(sample: object) => number} order.value What the ratios are taken of.
 * @param {(subject: Subject) => number} order.goal Half width of the ratio's interval at which a subject leaves.
 * @param {number} order.least Rounds that each takes part in at least.
 * @param {number} order.most
 * @param {number} order.seconds When time is over, at a round's end.
 * @param {() => number} [order.random]
 * @returns {Promise<Map<Subject, { samples: object[], base: object[], ratios: number[] }>>} without the first one
 */
export async function rounds({ subjects, measure, value, goal, least, most, seconds, random = Math.random }) {
  const [first, ...others] = subjects;
  const found = new Map(others.map((subject) => [subject, { samples: [], base: [], ratios: [] }]));
  const end = performance.now() + seconds * 1e3;
  let active = others;
  for (let round = 0; round < most && active.length > 0; round++) {
    const samples = new Map();
    for (const subject of shuffled([first, ...active], random)) samples.set(subject, await measure(subject));
    const base = samples.get(first);
    for (const subject of active) {
      const { samples: own, base: firsts, ratios } = found.get(subject);
      own.push(samples.get(subject));
      firsts.push(base);
      ratios.push(value(samples.get(subject)) / value(base));
    }
    if (round + 1 < least) continue;
    if (performance.now() > end) break;
    active = active.filter((subject) => halfWidth(found.get(subject).ratios) > goal(subject));
  }
  return found;
}

/** @template T @param {readonly T[]} list */
function shuffled(list, random) {
  const order = [...list];
  for (let i = order.length - 1; i > 0; i--) {
    const other = Math.floor(random() * (i + 1));
    [order[i], order[other]] = [order[other], order[i]];
  }
  return order;
}
