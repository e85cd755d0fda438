/** The rules of the house (DESIGN, "The house"): who may import whom, and what no file may be. */
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { type Import, importsOf } from './support/imports.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What files may import. Each entry is a folder (ending in `/`) or a file, from the root. */
interface Rule {
  readonly files: readonly string[];
  /** Besides themselves. */
  readonly may: readonly string[];
  /** Types only. */
  readonly types?: readonly string[];
  /** Packages that it may name, which are loaded when they are asked for. */
  readonly packages?: readonly string[];
  /** Pure: no `node:` module, so no I/O, thread or clock. */
  readonly pure?: boolean;
}

/** What everything but the pure parts stands on; it knows none of it. */
const GROUND = ['src/clock.ts', 'src/errors.ts', 'src/log.ts', 'src/places.ts', 'src/version.ts'];
/** What puts everything together sees everything. */
const ROOTS = [
  'start',
  'agent-after',
  'arm',
  'bridge',
  'bridges',
  'conformance',
  'index',
  'instruments',
  'process-state',
  'samplers',
  'shared-store',
  'thread-ends',
  'thread-part',
  'thread-samplers',
  'register',
];

/** What the dashboard knows, apart from how it is served: no I/O, no clock. */
const DASHBOARD = [
  ...['board', 'distribution', 'feed', 'history', 'ids', 'interval', 'kept', 'lookup', 'newcomers', 'nnls'],
  ...['pages', 'resources', 'ring', 'route-cost', 'routes', 'series', 'traffic', 'verdict', 'vitals', 'workers'],
];

/** Adapters that run on the app's thread: they bring in what another library of the app measures, or hand ours to it. */
const BRIDGES = ['opentelemetry', 'prom'];
/** The libraries of the field, all optional. `resources` comes with the SDK. */
const PEERS = [
  ...Object.keys(JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')).peerDependencies),
  '@opentelemetry/resources',
];

/** The first rule that has a file holds for it. */
const RULES: readonly Rule[] = [
  { files: ROOTS.map((name) => `src/${name}.${name === 'register' ? 'cts' : 'ts'}`), may: ['src/'] },
  {
    files: ['src/cli/'],
    may: [
      ...GROUND,
      'src/config.ts',
      'src/config/',
      'src/host/',
      'src/group/directory.ts',
      'src/group/identity.ts',
      'src/reporter/adapters.ts',
      'src/reporter/loopback.ts',
      'src/reporter/resolve-module.ts',
    ],
    types: ['src/snapshot/', 'src/dashboard/feed.ts', 'src/reporter/findings.ts', 'src/reporter/request-list.ts'],
  },
  { files: ['src/probes/queue-time.ts'], may: [], pure: true },
  {
    files: ['src/probes/'],
    may: [
      ...GROUND,
      'src/store/writer.ts',
      'src/store/slots.ts',
      'src/store/layout.ts',
      'src/store/stack-area.ts',
      'src/snapshot/',
    ],
  },
  { files: ['src/conformance/'], may: GROUND },
  { files: ['src/exposition/'], may: ['src/snapshot/'], pure: true },
  { files: ['src/sampler/'], may: [...GROUND, 'src/conformance/', 'src/snapshot/'], types: ['src/store/writer.ts'] },
  ...DASHBOARD.map((name) => ({
    files: [`src/dashboard/${name}.ts`],
    may: ['src/snapshot/', 'src/dashboard/', 'src/store/buckets.ts'],
    pure: true,
  })),
  // It runs in a browser.
  {
    files: ['src/dashboard/page/'],
    may: [],
    types: ['src/dashboard/feed.ts', 'src/reporter/findings.ts', 'src/reporter/request-list.ts'],
    packages: ['uplot'],
    pure: true,
  },
  {
    files: ['src/dashboard/'],
    may: [
      ...[
        'src/clock.ts',
        'src/places.ts',
        'src/version.ts',
        'src/snapshot/',
        'src/store/buckets.ts',
        'src/store/reader.ts',
      ],
      ...['src/reporter/json-route.ts', 'src/reporter/read-only.ts', 'src/reporter/schedule.ts'],
    ],
    types: ['src/reporter/answer.ts', 'src/reporter/findings.ts'],
  },
  {
    files: ['src/reporter/'],
    may: [
      ...GROUND,
      'src/conformance/',
      'src/dashboard/',
      'src/host/',
      'src/group/',
      'src/store/reader.ts',
      'src/store/layout.ts',
      'src/store/stack-area.ts',
      'src/snapshot/',
    ],
    types: ['src/config.ts'],
  },
  ...['combine', 'ledger', 'host-totals', 'sums'].map((name) => ({
    files: [`src/group/${name}.ts`],
    may: ['src/snapshot/', 'src/group/'],
    types: ['src/config.ts'],
    pure: true,
  })),
  { files: ['src/group/'], may: [...GROUND, 'src/snapshot/'], types: ['src/config.ts'] },
  {
    files: ['src/host/'],
    may: [...GROUND, 'src/store/reader.ts', 'src/store/layout.ts', 'src/store/buckets.ts', 'src/snapshot/'],
  },
  { files: ['src/dashboard/'], may: ['src/snapshot/'] },
  { files: ['src/config.ts', 'src/config/'], may: ['src/errors.ts'], types: ['src/snapshot/'] },
  { files: GROUND, may: [], types: ['src/config.ts'] },
  {
    files: ['src/store/layout.ts', 'src/store/buckets.ts', 'src/store/stack-area.ts'],
    may: [],
    types: ['src/snapshot/'],
    pure: true,
  },
  // One writer, one reader: neither knows the other, both know the map.
  { files: ['src/store/writer.ts'], may: ['src/store/layout.ts', 'src/store/buckets.ts', 'src/snapshot/'] },
  { files: ['src/store/reader.ts'], may: ['src/store/layout.ts', 'src/store/buckets.ts'], types: ['src/snapshot/'] },
  { files: ['src/store/slots.ts'], may: ['src/store/layout.ts'] },
  { files: ['src/snapshot/'], may: [], pure: true },
  ...adapterRules(),
];

/** An adapter is `<name>.ts` and its parts `<name>-*.ts`; none knows another one. */
function adapterRules(): Rule[] {
  const files = filesOf('adapters');
  const names = new Set(files.map((file) => posix.basename(file, '.ts').split('-')[0]!));
  return [...names].map((name) => ({
    files: files.filter((file) => posix.basename(file, '.ts').split('-')[0] === name),
    may: ['src/snapshot/', 'src/exposition/', 'src/errors.ts', ...(BRIDGES.includes(name) ? ['src/bridge.ts'] : [])],
    types: ['src/reporter/adapter.ts', 'src/sampler/sampler.ts'],
    packages: PEERS,
  }));
}

/** From the root, with `/`. */
function filesOf(folder: string): string[] {
  const entries = readdirSync(`${ROOT}${folder}`, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && /\.c?ts$/.test(entry.name));
  return files.map((entry) => posix.join(entry.parentPath.slice(ROOT.length).replaceAll('\\', '/'), entry.name)).sort();
}

function textOf(file: string): string {
  return readFileSync(ROOT + file, 'utf8');
}

function has(entries: readonly string[], file: string): boolean {
  return entries.some((entry) => (entry.endsWith('/') ? file.startsWith(entry) : file === entry));
}

/** The file that a relative import means; TypeScript's own names: `.js` is a `.ts`. */
function resolve(from: string, specifier: string): string {
  return posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts');
}

/** What is wrong with one import of a file, or undefined. */
function breach(file: string, rule: Rule, { specifier, typeOnly }: Import): string | undefined {
  if (specifier.startsWith('node:')) {
    return rule.pure && !typeOnly ? `${file} is to be pure and imports ${specifier}` : undefined;
  }
  if (rule.packages?.includes(specifier)) return undefined;
  if (!specifier.startsWith('.')) return `${file} imports the package ${specifier}`;
  const target = resolve(file, specifier);
  if (has(rule.files, target) || has(rule.may, target)) return undefined;
  if (has(rule.types ?? [], target)) return typeOnly ? undefined : `${file} imports more than types of ${target}`;
  return `${file} imports ${target}`;
}

test('Imports go one way only', (t) => {
  const breaches: string[] = [];
  let imports = 0;
  for (const file of [...filesOf('src'), ...filesOf('adapters')]) {
    const rule = RULES.find(({ files }) => has(files, file));
    if (!rule) breaches.push(`${file} has no rule: say in this test what it may import`);
    for (const each of importsOf(textOf(file))) {
      imports++;
      const problem = rule && breach(file, rule, each);
      if (problem) breaches.push(problem);
    }
  }
  t.deepEqual(breaches, []);
  t.true(imports > 200, `only ${imports} imports were found: does the reader of imports still work?`);
});

test('Every rule is about files that exist', (t) => {
  const files = [...filesOf('src'), ...filesOf('adapters')];
  const ruled = RULES.flatMap((rule) => [...rule.may, ...(rule.types ?? [])]);
  t.deepEqual(
    ruled.filter((entry) => !files.some((file) => has([entry], file))),
    [],
  );
});

test('Breaches are found: a probe that reads, a reporter that samples, a pure file with a clock, adapters that meet', (t) => {
  const cases: [file: string, specifier: string, typeOnly: boolean, fine: boolean][] = [
    ['src/probes/gc.ts', '../store/reader.ts', true, false],
    ['src/probes/gc.ts', '../store/writer.ts', false, true],
    ['src/probes/gc.ts', './probe.ts', true, true],
    ['src/reporter/worker.ts', '../sampler/collect.ts', true, false],
    ['src/group/group.ts', '../reporter/worker.ts', true, false],
    ['src/group/ledger.ts', 'node:net', false, false],
    ['src/dashboard/board.ts', 'node:os', false, false],
    ['src/dashboard/page/main.ts', '../board.ts', false, false],
    ['src/dashboard/page/main.ts', '../feed.ts', false, false],
    ['src/dashboard/dashboard.ts', '../probes/http-server.ts', true, false],
    ['src/dashboard/dashboard.ts', '../reporter/worker.ts', false, false],
    ['src/reporter/worker.ts', '../config.ts', false, false],
    ['src/reporter/worker.ts', '../config.ts', true, true],
    ['src/reporter/worker.ts', 'express', false, false],
    ['src/snapshot/merge.ts', 'node:perf_hooks', false, false],
    ['src/store/layout.ts', 'node:buffer', false, false],
    ['src/store/writer.ts', './reader.ts', false, false],
    ['src/sampler/instruments.ts', '../store/writer.ts', false, false],
    ['adapters/prometheus-accept.ts', './graphite.ts', false, false],
    ['adapters/prometheus.ts', './prometheus-accept.ts', false, true],
    ['adapters/graphite.ts', '../src/bridge.ts', false, false],
    ['adapters/prometheus.ts', '../src/reporter/server.ts', true, false],
    ['src/start.ts', './sampler/collect.js', false, true],
  ];
  for (const [file, specifier, typeOnly, fine] of cases) {
    const rule = RULES.find(({ files }) => has(files, file))!;
    t.is(breach(file, rule, { specifier, typeOnly }) === undefined, fine, `${file} → ${specifier}`);
  }
});

test('Imports of every form are found, and those in comments are not', (t) => {
  const source = `
import a from './a.ts';
import type { B } from './b.ts';
import { type C, type D } from './c.ts';
import { type E, f } from './e.ts';
import {
  g,
  type H,
} from './g.ts';
import * as i from 'node:i';
import './side.ts';
export { j } from './j.ts';
export type { K } from './k.ts';
export * from './l.ts';
// import m from './comment.ts';
// import n from './comment.ts';
/* import('./comment.ts') */
/**
 * require('./comment.ts')
 */
const o = await import('./o.ts');
const p = require('./p.js') as typeof import('./q.ts', { with: {} });
`;
  const value = ['./a.ts', './e.ts', './g.ts', './j.ts', './l.ts', './o.ts', './p.js', './side.ts', 'node:i'];
  const found = importsOf(source);
  const specifiers = (typeOnly: boolean) =>
    found.filter((each) => each.typeOnly === typeOnly).map(({ specifier }) => specifier);
  t.deepEqual(specifiers(false).sort(), value);
  t.deepEqual(specifiers(true).sort(), ['./b.ts', './c.ts', './k.ts', './q.ts']);
});

test('No file of src/ or adapters/ has more than 300 lines', (t) => {
  const long = [...filesOf('src'), ...filesOf('adapters')].filter((file) => textOf(file).split('\n').length > 301);
  t.deepEqual(long, []);
});

test('Nothing in src/ or adapters/ writes to the console: a worker’s waits for a blocked main thread', (t) => {
  const talkative = [...filesOf('src'), ...filesOf('adapters')].filter((file) => /\bconsole\s*[.[]/.test(textOf(file)));
  t.deepEqual(talkative, []);
});

test('The version in the code is that of the package', async (t) => {
  const { VERSION } = await import('../src/version.ts');
  t.is(VERSION, (JSON.parse(textOf('package.json')) as { version: string }).version);
});

test('CI installs the packages that the integration tests need', async (t) => {
  const { PACKAGES } = await import('./support/packages.ts');
  const installed = /for entry in ([^;]+); do/.exec(textOf('.ci/run'))?.[1]?.split(/[\s\\]+/);
  t.deepEqual(
    installed?.sort(),
    Object.entries(PACKAGES)
      .map(([program, name]) => `${program}:${name}`)
      .sort(),
  );
});
