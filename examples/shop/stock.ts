/** The stock of the shop, and the sampler that shows it: a plain object in a plain Set, no import needed. */

/** Product id → pieces left. */
export const stock = new Map<number, number>(Array.from({ length: 40 }, (_, index) => [index + 1, 500]));

/** Takes one piece; when none is left the supplier delivers 500. */
export function take(product: number): void {
  const left = stock.get(product) ?? 0;
  stock.set(product, left > 0 ? left - 1 : 500);
}

const LEVEL = { name: 'shop.stock.level', kind: 'gauge', unit: '{item}', help: 'Pieces left of one product.' } as const;

interface Sink {
  put(metric: typeof LEVEL, value: number, attributes: { readonly product: number }): void;
}

const sampler = {
  scope: { name: 'shop.stock', version: '1.0.0' },
  sample(sink: Sink) {
    for (const [product, left] of stock) sink.put(LEVEL, left, { product });
  },
};

const SAMPLERS = Symbol.for('metric-samplers.v1');
const holder = globalThis as { [SAMPLERS]?: Set<unknown> };
holder[SAMPLERS] ??= new Set();
holder[SAMPLERS].add(sampler);
