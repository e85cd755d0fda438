/** The dashboards as the text of their files. Pure. */
import { agent } from './agent.ts';
import { dashboard } from './grafana.ts';
import { memory } from './memory.ts';
import { overview } from './overview.ts';
import { routes } from './routes.ts';
import type { Source } from './variables.ts';
import { workers } from './workers.ts';

const TITLES: Readonly<Record<Source, string>> = {
  prometheus: 'loadline: Node.js services',
  graphite: 'loadline: Node.js services (Graphite)',
};

/** Of `dashboards/<source>.json`. */
export function textOf(source: Source): string {
  return `${JSON.stringify(dashboard(source, TITLES[source], [overview, routes, workers, memory, agent]), null, 2)}\n`;
}
