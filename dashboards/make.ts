/** Writes the dashboards that are in this folder: `npm run build && node dist/dashboards/make.js`. A test compares them. */
import { writeFileSync } from 'node:fs';
import { textOf } from './text.ts';

for (const source of ['prometheus', 'graphite'] as const) {
  writeFileSync(new URL(`../../dashboards/${source}.json`, import.meta.url), textOf(source));
}
