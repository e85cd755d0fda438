import { halfWidth } from './statistics.mjs';

/**
 * Measures everybody in turns, in random order, so that what else the machine does meets all alike, until each ratio to the
 * first one is known well enough or time is over. Turns are short: what others do to a CPU changes within a second.
 *
 * @template Subject
 * @template Sample
 * @param {object} order
 * @param {readonly Subject[]} order.subjects The first is what the others are compared with, in the same round.
 * @param {(subject: Subject) => Promise<Sample>} order.measure
 * @param {(sample: Sample) => number} order.value What the ratios are taken of.
 * @param {(ratios: number[]) => number} order.goal Half width of the interval at which a subject with such ratios leaves.
 * @param {number} order.least Rounds that each takes part in at least.
 * @param {number} order.most
 * @param {number} order.seconds When time is over, at a round's end.
 * @param {() => number} [order.random]
 * @returns {Promise<Map<Subject, { samples: Sample[], base: Sample[], ratios: number[] }>>} without the first one
 */
export async function rounds({ subjects, value, goal, least, most, seconds, ...turn }) {
  const [first, ...others] = subjects;
  const found = new Map(others.map((subject) => [subject, { samples: [], base: [], ratios: [] }]));
  const end = performance.now() + seconds * 1e3;
  let active = others;
  for (let round = 1; round <= most && active.length > 0; round++) {
    const samples = await one([first, ...active], turn);
    const base = samples.get(first);
    for (const subject of active) {
      const own = found.get(subject);
      own.samples.push(samples.get(subject));
      own.base.push(base);
      own.ratios.push(value(samples.get(subject)) / value(base));
    }
    if (round < least) continue;
    if (performance.now() > end) break;
    active = active.filter((subject) => halfWidth(found.get(subject).ratios) > goal(found.get(subject).ratios));
  }
  return found;
}

async function one(subjects, { measure, random = Math.random }) {
  const measured = new Map();
  for (const subject of shuffled(subjects, random)) measured.set(subject, await measure(subject));
  return measured;
}

/** @template T @param {Iterable<T>} list */
export function shuffled(list, random) {
  const order = [...list];
  for (let i = order.length - 1; i > 0; i--) {
    const other = Math.floor(random() * (i + 1));
    [order[i], order[other]] = [order[other], order[i]];
  }
  return order;
}
