/**
 * Makes `lib/`, which is what users run, of `dist/`, which is what the tests of single modules run: the same code in a
 * dozen files instead of two hundred, since most of what a preload takes at start-up is finding and opening files.
 * What the app's threads load is CommonJS, since an app without ES modules need not pay for their loader. So is the
 * reporter thread: `import` of one of Node's modules reads all its exports, and with them loads what those load late
 * (`node:http` brings HTTP/2 and `fetch`, 6 MB on Node 24). Nothing is renamed or minified, so that a stack still tells.
 * Paths from `src/` stay what they are (src/places.ts).
 */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { build } from 'esbuild';

/** Of the app's threads: one file, in which an entry and what it needs run when it is first asked for. */
const APP = 'src/app.cjs';
/** The reporter thread. */
const REPORTER = 'src/reporter/worker';
/** Their bridges, for those who have some. */
const BRIDGES = ['adapters/prom-client', 'adapters/opentelemetry'];
/** Entry points are what is loaded by name: by package.json, or by its path while the process runs. */
const GROUPS = [
  { entries: ['src/places'] },
  { entries: ['prometheus', 'graphite', 'otlp', 'pushgateway'].map((name) => `adapters/${name}`) },
  { entries: ['src/conformance'] },
  { entries: ['src/cli/loadline'], parts: 'src/cli/part-[hash]', places: '../places.js' },
  // The page, for browsers.
  { entries: ['src/dashboard/page/main'], platform: 'browser', target: 'es2022' },
];
const PAGE = 'src/dashboard/page';
const COPIES = ['index.html', 'style.css', 'icon.svg', 'vendor/uPlot.min.css', 'vendor/uPlot.LICENSE'].map(
  (name) => `${PAGE}/${name}`,
);
const COMMON = { bundle: true, platform: 'node', target: 'node20.19', packages: 'external', logLevel: 'warning' };

rmSync('lib', { recursive: true, force: true });
await Promise.all([
  bundleCommon({ stdin: { contents: lazily(['src/arm', 'src/index']), resolveDir: '.' }, outfile: `lib/${APP}` }),
  bundleCommon({ entryPoints: [`dist/${REPORTER}.js`], outfile: `lib/${REPORTER}.js` }, '../places.js'),
  ...BRIDGES.map((entry) => bundleCommon({ entryPoints: [`dist/${entry}.js`], outfile: `lib/${entry}.cjs` })),
  ...GROUPS.map(bundle),
]);
for (const file of COPIES) cpSync(`dist/${file}`, `lib/${file}`);
replaceIn('src/register.cjs', "require('./arm.js')", "require('./app.cjs')['src/arm']");
await writeDoor('src/index', `import app from './app.cjs';\nconst index = app['src/index'];`, 'index');
writeFileSync(`lib/${dirname(REPORTER)}/package.json`, '{ "type": "commonjs" }\n');
for (const file of [APP, `${REPORTER}.js`]) keepNarrow(file);
for (const entry of BRIDGES) await writeDoor(entry, `import bridge from './${basename(entry)}.cjs';`, 'bridge');

function bundle({ entries, parts, places, ...options }) {
  return build({
    ...COMMON,
    entryPoints: entries.map((entry) => `dist/${entry}.js`),
    outbase: 'dist',
    outdir: 'lib',
    splitting: parts !== undefined,
    ...(parts !== undefined && { chunkNames: parts }),
    format: 'esm',
    plugins: places === undefined ? [] : [{ name: 'places', setup: (builder) => sharePlaces(builder, places) }],
    ...options,
  });
}

/** The module that knows where `src/` is must stay there. */
function sharePlaces(builder, path) {
  builder.onResolve({ filter: /\/places\.js$/ }, () => ({ path, external: true }));
}

/** `self`: of which module `import.meta.url` is the URL, from the bundle. */
function bundleCommon(options, self = '') {
  return build({
    ...COMMON,
    ...options,
    format: 'cjs',
    banner: { js: `const here = new URL('${self}', require('node:url').pathToFileURL(__filename)).href;` },
    define: { 'import.meta.url': 'here' },
    plugins: [{ name: 'own', setup: takeIn }],
  });
}

/** The text of a module with these as properties, each of which runs when it is read. */
function lazily(entries) {
  const getters = entries.map((entry) => `get '${entry}'() { return require('./dist/${entry}.js'); }`);
  return `module.exports = { ${getters.join(', ')} };`;
}

/** What the app's threads load by its path is in the same file, but for the bridges. */
function takeIn(builder) {
  const inside = (_call, path) =>
    path.startsWith('../') ? `require('${path.replace(/\.js$/, '.cjs')}')` : `require('${resolve('dist/src', path)}')`;
  builder.onLoad({ filter: /\/dist\/src\/[\w-]+\.js$/ }, ({ path }) => {
    return { contents: readFileSync(path, 'utf8').replaceAll(/requireOwn\('([^']+)'\)/g, inside) };
  });
  builder.onResolve({ filter: /\.cjs$/ }, ({ path }) => ({ path, external: true }));
}

/** The ES module that users import by name, with the exports of `name`, which `text` brings. */
async function writeDoor(entry, text, name) {
  const names = Object.keys(await import(resolve(`dist/${entry}.js`)));
  writeFileSync(`lib/${entry}.js`, `${text}\nexport const { ${names.join(', ')} } = ${name};\n`);
}

/** One character beyond Latin-1 makes V8 keep all of a text with two bytes each. esbuild writes none but in comments. */
function keepNarrow(file) {
  const comment = /^ *(\/\*\*|\*|\/\/).*$/gm;
  const text = readFileSync(`lib/${file}`, 'utf8').replaceAll(comment, (line) => line.replaceAll(/\P{ASCII}/gu, '?'));
  const wide = /.*\P{ASCII}.*/u.exec(text);
  if (wide !== null) throw new Error(`${file} has a character beyond ASCII: ${wide[0]}`);
  writeFileSync(`lib/${file}`, text);
}

function replaceIn(file, from, to) {
  const text = readFileSync(`dist/${file}`, 'utf8');
  if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
  writeFileSync(`lib/${file}`, text.replace(from, to));
}
