/** Checks of names and values that a protocol may not be able to carry: they stay what they are, or stay harmless. */
import type { Attributes, Metric } from '../../snapshot/metric.ts';
import { type AdapterCheck, check, type Entry, GAUGE, type Lab } from './lab.ts';

/** Texts that would end a name, a value, a line or a document, and begin a series called `injected`. */
const BREAKOUTS: readonly string[] = [
  '\ninjected 1 1\ninjected value=1\ninjected{} 1\ninjected:1|c\n',
  '\r\ninjected 1 1\r\n',
  ';injected=1',
  ',injected=1',
  '","injected":"1',
  '",injected="1"} 1\ninjected 1\n',
  '\u2028injected 1 1\u2028',
  '\0injected 1 1\0',
  'end with a backslash\\',
  '&injected=1#injected',
  '/injected/1/../..',
];
const UNICODE: readonly string[] = ['Zoë', '温度', '😀', 'a\u0301', '\u202edesrever', '\ud800', '\udc00x'];
const KEYS: readonly string[] = ['__proto__', 'constructor', 'toString', '', ' ', 'a b', '9', '.', 'le', 'quantile'];
const LONG = 'x'.repeat(10_000);

/** A series that any protocol can carry, beside whatever else is shown. */
const NEIGHBOUR: Entry = [{ name: 'conformance.neighbour', kind: 'gauge' }, 42, { side: 'left' }];

/** Whether something came in that nobody sent; the neighbour must be there all the same. */
async function harmless(lab: Lab, entries: readonly Entry[]): Promise<string | undefined> {
  await lab.show([...entries, NEIGHBOUR]);
  const missing = await lab.expect(NEIGHBOUR[0], 42, NEIGHBOUR[2]);
  if (missing) return `${missing}${lab.failures.length > 0 ? ` (${lab.failures.at(-1)})` : ''}`;
  for (const { name, attributes } of await lab.received()) {
    if (/^injected\b/.test(name)) return `a series of its own came out of a text: ${JSON.stringify(name)}`;
    if (Object.hasOwn(attributes, 'injected')) return `an attribute of its own came out of a text, on ${name}`;
  }
  return undefined;
}

/** Each text as the value of an attribute, told apart by the number of the series. */
async function keepsTexts(lab: Lab, texts: readonly string[]): Promise<string | undefined> {
  const entries = texts.map((text, i): Entry => [GAUGE, i, { number: `n${i}`, text }]);
  const offence = await harmless(lab, entries);
  if (offence) return offence;
  for (const [metric, value, { number, text } = {}] of entries) {
    const exact = lab.options.carries?.text && isPortable(String(text));
    const wanted = { number, ...(exact && { text }) } as Attributes;
    const lost = await lab.expect(metric, value as number, wanted);
    if (lost) return lost;
  }
  return undefined;
}

/** Whether every text protocol can carry a text: no lone surrogate, which UTF-8 has none of, and no NUL. */
function isPortable(text: string): boolean {
  return !text.includes('\0') && Buffer.from(text).toString() === text;
}

const gauge = (name: string): Metric => ({ name, kind: 'gauge' });

export const TEXT: readonly AdapterCheck[] = [
  check('3', 'escapes-values', (lab) => keepsTexts(lab, BREAKOUTS)),
  check('3', 'carries-unicode', (lab) => keepsTexts(lab, UNICODE)),
  check('3', 'escapes-keys', (lab) =>
    harmless(
      lab,
      [...BREAKOUTS, ...UNICODE, ...KEYS].map((key, i) => {
        return [
          GAUGE,
          1,
          Object.fromEntries([
            [`${key}`, 'v'],
            ['number', `n${i}`],
          ]),
        ] as const;
      }),
    ),
  ),
  check('3', 'escapes-names', (lab) =>
    harmless(
      lab,
      [...BREAKOUTS, ...UNICODE, ...KEYS].map((name) => [gauge(name), 1] as const),
    ),
  ),
  check('3', 'bears-long-texts', (lab) =>
    harmless(lab, [
      [gauge(LONG), 1],
      [GAUGE, 1, { [LONG]: 'v' }],
      [GAUGE, 2, { text: LONG }],
    ]),
  ),
  check('3', 'refuses-what-is-no-number', async (lab) => {
    const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const offence = await harmless(
      lab,
      values.map((value, i) => [GAUGE, value, { number: `n${i}` }] as const),
    );
    if (offence || lab.options.carries?.nonFinite) return offence;
    const bad = (await lab.received()).find(({ value }) => typeof value === 'number' && !Number.isFinite(value));
    return bad && `${bad.name} arrived as ${bad.value}`;
  }),
  check('3', 'carries-extreme-numbers', async (lab) => {
    const values = [1e308, -1e308, 5e-324, 2 ** 53, 0.1 + 0.2, -0, 1e-7, 1e21];
    await lab.show(values.map((value, i) => [GAUGE, value, { number: `n${i}` }] as const));
    for (const [i, value] of values.entries()) {
      const offence = await lab.expect(GAUGE, value, { number: `n${i}` });
      if (offence) return offence;
    }
    return undefined;
  }),
];
