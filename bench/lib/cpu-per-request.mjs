import { sum } from './statistics.mjs';

/**
 * Turns of one server as one sample.
 *
 * @param {readonly { cpu: number, requests: number, seconds: number }[]} turns `cpu` in µs
 */
export function addUp(turns) {
  const cpu = sum(turns.map((turn) => turn.cpu));
  const requests = sum(turns.map((turn) => turn.requests));
  return { cpu, requests, micros: cpu / requests, perSecond: requests / sum(turns.map((turn) => turn.seconds)) };
}
