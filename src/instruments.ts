/** The instruments of this thread: made on first use, shared by every copy of the package. */
import { parse } from './config.ts';
import { createLog } from './log.ts';
import { processState } from './process-state.ts';
import {
  type Counter,
  type Gauge,
  type Histogram,
  type HistogramOptions,
  type InstrumentOptions,
  Instruments,
  type UpDown,
} from './sampler/instruments.ts';
import { sharedStore } from './shared-store.ts';
import { APP_SCOPE } from './snapshot/metric.ts';

function instruments(): Instruments {
  const state = processState();
  state.instruments ??= new Instruments(
    () => sharedStore(),
    APP_SCOPE,
    () => state.bounds ?? {},
    (line) => createLog(parse({}, process.env).config.log).warn(line),
  );
  return state.instruments;
}

/**
 * A sum that never falls: requests served, bytes sent. The same name gives the same counter. Never throws.
 *
 * @param name dotted, without unit and without `_total`, 1 to 255 characters
 * @example
 * const added = counter('shop.cart.items', { unit: '{item}', help: 'Items put into carts.' });
 * added.add(2, { category: 'books' });
 */
export function counter(name: string, options?: InstrumentOptions): Counter {
  return instruments().counter(name, options);
}

/**
 * A sum that rises and falls: connections open, jobs queued.
 *
 * @example
 * updown('shop.jobs.queued', { unit: '{job}' }).add(-1);
 */
export function updown(name: string, options?: InstrumentOptions): UpDown {
  return instruments().updown(name, options);
}

/**
 * A present value: a temperature, a setting. Values of several threads stay apart.
 *
 * @example
 * gauge('shop.price.level', { unit: '1' }).set(1.07);
 */
export function gauge(name: string, options?: InstrumentOptions): Gauge {
  return instruments().gauge(name, options);
}

/**
 * A distribution: durations, sizes. `bounds` default to 0.005 … 10, made for seconds.
 *
 * @example
 * histogram('shop.basket.value', { unit: 'EUR', bounds: [10, 50, 100, 500] }).record(74.9);
 */
export function histogram(name: string, options?: HistogramOptions): Histogram {
  return instruments().histogram(name, options);
}
