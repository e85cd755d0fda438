/** The rest of the build: puts beside the page's compiled modules what needs no compiler. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const source = new URL('../src/dashboard/page/', import.meta.url);
const target = new URL('../dist/src/dashboard/page/', import.meta.url);
const uplot = new URL('../node_modules/uplot/', import.meta.url);

const copies = [
  [new URL('index.html', source), 'index.html'],
  [new URL('style.css', source), 'style.css'],
  [new URL('icon.svg', source), 'icon.svg'],
  [new URL('dist/uPlot.esm.js', uplot), 'vendor/uPlot.esm.js'],
  [new URL('dist/uPlot.min.css', uplot), 'vendor/uPlot.min.css'],
  [new URL('LICENSE', uplot), 'vendor/uPlot.LICENSE'],
];

mkdirSync(new URL('vendor/', target), { recursive: true });
for (const [from, to] of copies) copyFileSync(fileURLToPath(from), fileURLToPath(new URL(to, target)));
