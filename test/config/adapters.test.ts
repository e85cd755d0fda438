/** Adapters of third parties in the options, options that go to adapters as they are, and the variables of adapters. */
import test from 'ava';
import { ADAPTER_VARIABLES } from '../../src/config/adapters.ts';
import type { AdapterModule } from '../../src/config.ts';
import { parse } from '../../src/config.ts';
import { fromAny } from './given.ts';

test('A module with options stands in the list beside names, in its place, as a frozen copy', (t) => {
  const options = { url: 'x', deep: { list: [1, { a: 2 }] }, when: new Date(0), map: new Map([[1, 2]]) };
  const { config, problems } = fromAny({ adapters: ['otlp', { module: './sink.js', options }, 'prometheus'] });
  t.deepEqual(problems, []);
  t.deepEqual(config.adapters as unknown[], ['otlp', { module: './sink.js', options }, 'prometheus']);
  const { options: copied } = config.adapters[1] as AdapterModule & { options: typeof options };
  t.not(copied, options);
  t.true(Object.isFrozen(copied) && Object.isFrozen(copied.deep.list[1]));
  options.deep.list.push(3);
  t.is(copied.deep.list.length, 2);
  t.deepEqual(structuredClone(config), config);
});

test('Without options a factory gets an empty object, and one module may be there twice', (t) => {
  const { config, problems } = fromAny({ adapters: [{ module: 'a' }, { module: 'a', options: { n: 2 } }] });
  t.deepEqual(problems, []);
  t.deepEqual(config.adapters as unknown[], [
    { module: 'a', options: {} },
    { module: 'a', options: { n: 2 } },
  ]);
});

const uncloneable: [string, unknown][] = [
  ['a function', { send: () => undefined }],
  ['a symbol', { s: Symbol('x') }],
  ['a promise', { p: Promise.resolve() }],
  [
    'a getter that throws',
    {
      get url() {
        throw new Error('no url');
      },
    },
  ],
  [
    'a proxy that throws',
    new Proxy(
      {},
      {
        ownKeys() {
          throw new Error('no keys');
        },
      },
    ),
  ],
];

for (const [what, options] of uncloneable) {
  test(`Options with ${what} cost their own adapter, with a line that says so`, (t) => {
    const { config, problems } = fromAny({ adapters: ['otlp', { module: 'sink', options }] });
    t.deepEqual(config.adapters, ['otlp']);
    t.is(problems.length, 1, problems.join('\n'));
    t.regex(problems[0]!, /sink.*not cloneable/);
    const alone = fromAny({ graphite: { url: 'tcp://a', more: options } });
    t.deepEqual(alone.config.graphite, {});
    t.is(alone.problems.length, 1);
  });
}

test('What is no module is left out and said, and what is beside it stays', (t) => {
  const bad: unknown[] = [
    {},
    { module: '' },
    { module: ' ' },
    { module: 1 },
    { module: 'x'.repeat(5000) },
    [],
    7,
    null,
  ];
  for (const item of bad) {
    const { config, problems } = fromAny({ adapters: ['graphite', item] });
    t.deepEqual(config.adapters, ['graphite']);
    t.is(problems.length, 1, problems.join('\n'));
  }
});

test('A module cannot come from the environment, where it would be a typo of a name', (t) => {
  const { config, problems } = parse({}, { OTEL_METRICS_EXPORTER: './sink.js,otlp' });
  t.deepEqual(config.adapters, ['otlp']);
  t.is(problems.length, 1);
});

test('Options of built-in adapters go to them as a frozen copy; what is no object does not', (t) => {
  for (const name of ['graphite', 'otlp', 'pushgateway'] as const) {
    const given = { url: 'x', timeout: 1 };
    const { config, problems } = fromAny({ [name]: given });
    t.deepEqual(problems, []);
    t.deepEqual(config[name], given);
    t.true(Object.isFrozen(config[name]));
    for (const bad of ['x', 7, true, [], () => undefined]) {
      const wrong = fromAny({ [name]: bad });
      t.deepEqual(wrong.config[name], {});
      t.is(wrong.problems.length, 1, String(bad));
    }
  }
});

test('The variables that adapters read are known names, and a typo of one is told with the nearest', (t) => {
  for (const name of Object.keys(ADAPTER_VARIABLES)) t.deepEqual(parse({}, { [name]: 'x' }).problems, [], name);
  const { problems } = parse({}, { LOADLINE_GRAPHITE_URI: 'tcp://a' });
  t.is(problems.length, 1);
  t.regex(problems[0]!, /LOADLINE_GRAPHITE_URI.*LOADLINE_GRAPHITE_URL/);
});
