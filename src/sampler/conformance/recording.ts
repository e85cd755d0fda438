/** Asks one sampler as a collector would, and writes down everything it does. */

import { reasonOf } from '../../errors.ts';
import { attributesKey, type Metric } from '../../snapshot/metric.ts';
import type { HistogramPoint } from '../../snapshot/snapshot.ts';
import { Refusal, readAttributes, readValue } from '../accept.ts';
import { within } from '../deadline.ts';
import { Names } from '../names.ts';
import type { Sampler } from '../sampler.ts';

const { AbortController, DOMException, performance, setTimeout } = globalThis;

/** One call of `sample`. */
export interface Recorded {
  /** Series (`name` and attributes) → value, the first put of each. */
  readonly series: Map<string, { metric: Metric; value: number | HistogramPoint }>;
  /** Metric objects as the sampler gave them, by name. */
  readonly given: Map<string, unknown>;
  readonly refused: string[];
  readonly duplicates: string[];
  /** Puts after `sample` had settled or its deadline had passed. */
  late: number;
  /** Synchronous ms. */
  blocked: number;
  timedOut: boolean;
  failure: string | undefined;
}

/** All that was seen of one sampler. */
export interface Recording {
  readonly rounds: readonly Recorded[];
  /** Failures of `start` and of what it returned. */
  readonly lifecycle: readonly string[];
}

/** `timeout` and `pause` (between the rounds) in ms. */
export async function record(sampler: Sampler, rounds: number, timeout: number, pause: number): Promise<Recording> {
  const lifecycle: string[] = [];
  const names = new Names();
  const stop = await attempt(() => sampler.start?.(), 'start', lifecycle);
  const recorded: Recorded[] = [];
  for (let i = 0; i < rounds; i++) {
    const round = await ask(sampler, names, timeout);
    recorded.push(round);
    await new Promise((resolve) => setTimeout(resolve, pause));
    if (round.timedOut) break;
  }
  if (typeof stop === 'function') await attempt(() => stop(), 'stop', lifecycle);
  else if (stop !== undefined) lifecycle.push('start returned something that is no function');
  return { rounds: recorded, lifecycle };
}

async function attempt(foreign: () => unknown, name: string, failures: string[]): Promise<unknown> {
  try {
    return await foreign();
  } catch (error) {
    failures.push(`${name} failed: ${reasonOf(error)}`);
    return undefined;
  }
}

async function ask(sampler: Sampler, names: Names, timeout: number): Promise<Recorded> {
  const round: Recorded = {
    series: new Map(),
    given: new Map(),
    refused: [],
    duplicates: [],
    late: 0,
    blocked: 0,
    timedOut: false,
    failure: undefined,
  };
  let open = true;
  const put = (metric: Metric, value: unknown, attributes?: unknown): void => {
    if (open) note(round, names, metric, value, attributes);
    else round.late++;
  };
  const controller = new AbortController();
  const started = performance.now();
  try {
    const returned = sampler.sample({ put }, { signal: controller.signal, consumer: 'conformance' });
    round.blocked = performance.now() - started;
    const settled = Promise.resolve(returned).catch((error: unknown) => {
      round.failure = reasonOf(error);
    });
    round.timedOut = returned !== undefined && !(await within(timeout, settled));
  } catch (error) {
    round.failure = reasonOf(error);
  }
  open = false;
  if (round.timedOut) controller.abort(new DOMException('The sampler missed its deadline.', 'TimeoutError'));
  return round;
}

function note(round: Recorded, names: Names, given: Metric, value: unknown, attributes: unknown): void {
  const fate = judge(names, given, value, attributes);
  if (typeof fate === 'string') {
    round.refused.push(fate);
    return;
  }
  const { metric, key } = fate;
  if (round.series.has(key)) round.duplicates.push(key);
  else round.series.set(key, { metric, value: fate.value });
  round.given.set(metric.name, given);
}

type Judged = { metric: Metric; key: string; value: number | HistogramPoint };

function judge(names: Names, given: Metric, value: unknown, attributes: unknown): Judged | string {
  try {
    const metric = names.claim(given);
    if (metric instanceof Refusal) return `${reasonOf(given.name)}: ${metric.reason}`;
    const labels = readAttributes(attributes);
    if (labels instanceof Refusal) return `${metric.name}: ${labels.reason}`;
    const taken = readValue(metric, value);
    if (taken instanceof Refusal) return `${metric.name}: ${taken.reason}`;
    return { metric, key: `${metric.name}{${attributesKey(labels)}}`, value: taken };
  } catch (error) {
    return `reading a value threw ${reasonOf(error)}`;
  }
}
