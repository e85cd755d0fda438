/**
 * Makes `lib/`, which is what users run, of `dist/`, which is what the tests of single modules run: the same code in a
 * dozen files instead of two hundred, since most of what a preload takes at start-up is finding and opening files.
 * Nothing is renamed or minified, so that a stack still tells. Paths from `src/` stay what they are (src/places.ts).
 */
import { cpSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

/** Entry points are what is loaded by name: by package.json, or by its path while the process runs. */
const GROUPS = [
  // The app's threads.
  {
    entries: [
      ...['places', 'index', 'arm', 'start', 'bridges', 'thread-part', 'shared-store', 'config'].map(
        (name) => `src/${name}`,
      ),
      'src/reporter/kept-maps',
      'adapters/prom-client',
      'adapters/opentelemetry',
    ],
    parts: 'src/part-[hash]',
  },
  // The reporter thread, and what it loads.
  { entries: ['src/reporter/worker'], places: '../places.js' },
  { entries: ['prometheus', 'graphite', 'otlp', 'pushgateway'].map((name) => `adapters/${name}`) },
  { entries: ['src/conformance'] },
  { entries: ['src/cli/loadline'], parts: 'src/cli/part-[hash]', places: '../places.js' },
  // The page, for browsers.
  { entries: ['src/dashboard/page/main'], platform: 'browser', target: 'es2022' },
];
const PAGE = 'src/dashboard/page';
const COPIES = [
  'src/register.cjs',
  ...['index.html', 'style.css', 'icon.svg', 'vendor/uPlot.min.css', 'vendor/uPlot.LICENSE'].map(
    (name) => `${PAGE}/${name}`,
  ),
];

rmSync('lib', { recursive: true, force: true });
await Promise.all(GROUPS.map(bundle));
for (const file of COPIES) cpSync(`dist/${file}`, `lib/${file}`);

function bundle({ entries, parts, places, platform = 'node', target = 'node20.19' }) {
  return build({
    entryPoints: entries.map((entry) => `dist/${entry}.js`),
    outbase: 'dist',
    outdir: 'lib',
    bundle: true,
    splitting: parts !== undefined,
    ...(parts !== undefined && { chunkNames: parts }),
    format: 'esm',
    platform,
    target,
    packages: 'external',
    logLevel: 'warning',
    plugins: places === undefined ? [] : [{ name: 'places', setup: (builder) => sharePlaces(builder, places) }],
  });
}

/** The module that knows where `src/` is must stay there. */
function sharePlaces(builder, path) {
  builder.onResolve({ filter: /\/places\.js$/ }, () => ({ path, external: true }));
}
