/** What Grafana does with a dashboard, as far as queries go: finds them, fills in variables, asks the data source. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Prometheus } from './prometheus.ts';

export interface Target {
  readonly refId: string;
  readonly datasource: { readonly type: string; readonly uid: string };
  /** PromQL. */
  readonly expr?: string;
  readonly legendFormat?: string;
  /** Graphite. */
  readonly target?: string;
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly collapsed?: boolean;
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number };
  readonly targets?: readonly Target[];
  readonly fieldConfig?: {
    readonly defaults: { readonly unit?: string; readonly thresholds?: { readonly steps: readonly Step[] } };
    readonly overrides: readonly { readonly matcher: { readonly options: string } }[];
  };
  readonly transformations?: readonly { readonly id: string; readonly options: Record<string, unknown> }[];
  /** Of a folded row. */
  readonly panels?: readonly Panel[];
}

export interface Step {
  readonly color: string;
  readonly value: number | null;
}

export interface Variable {
  readonly name: string;
  readonly type: string;
  readonly query: string | { readonly query: string };
  readonly multi: boolean;
  readonly includeAll: boolean;
  readonly allValue?: string;
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
}

/** The value of a variable: one, several, or a text that stands for all. */
export type Values = ReadonlyMap<string, string | readonly string[]>;

export function readDashboard(source: 'prometheus' | 'graphite'): Dashboard {
  return JSON.parse(readFileSync(new URL(`../../../dashboards/${source}.json`, import.meta.url), 'utf8')) as Dashboard;
}

/** With those in folded rows, without the rows. */
export function panelsOf({ panels }: Dashboard): Panel[] {
  return panels.flatMap((panel) => (panel.type === 'row' ? (panel.panels ?? []) : [panel]));
}

export function queryOf({ query }: Variable): string {
  return typeof query === 'string' ? query : query.query;
}

/** Fills in `$name`, `${name}` and `${name:regex}`; what is no variable stays. */
export function interpolate(text: string, values: Values, quote: (value: string) => string): string {
  return text.replace(/\$(\w+)|\$\{(\w+)(?::(\w+))?\}/g, (whole, plain?: string, braced?: string) => {
    const value = values.get((plain ?? braced)!);
    if (value === undefined) return whole;
    if (typeof value === 'string') return value;
    return value.length === 1 ? quote(value[0]!) : `(${value.map(quote).join('|')})`;
  });
}

/** In a quoted text of PromQL a backslash is written twice. */
export function escapePrometheus(value: string): string {
  return value.replace(/\\/g, '\\\\\\\\').replace(/[$^*{}[\]'+?.()|]/g, '\\\\$&');
}

export function escapeRegex(value: string): string {
  return value.replace(/[\\^$*+?.()|[\]{}/]/g, '\\$&');
}

/** ms until a variable must have had values: a data source indexes what it got later than it takes it. */
const CHOICE_LIMIT = 60_000;

/** Asks for the values of all query variables, one after the other, since later ones use earlier ones. */
export async function choose(
  { templating }: Dashboard,
  known: Values,
  ask: (query: string, values: Values) => Promise<readonly string[]>,
): Promise<Values> {
  const values = new Map(known);
  for (const variable of templating.list) {
    if (variable.type !== 'query') continue;
    const found = await valuesOf(variable, () => ask(queryOf(variable), values));
    values.set(variable.name, variable.multi ? (variable.allValue ?? found) : found[0]!);
  }
  return values;
}

async function valuesOf(variable: Variable, ask: () => Promise<readonly string[]>): Promise<readonly string[]> {
  for (const end = Date.now() + CHOICE_LIMIT; Date.now() < end; await sleep(500)) {
    const found = await ask();
    if (found.length > 0) return found;
  }
  throw new Error(`the variable ${variable.name} has no values: ${queryOf(variable)}`);
}

/** `label_values(selector, label)` */
export async function labelValues(prometheus: Prometheus, query: string): Promise<readonly string[]> {
  const match = /^label_values\((.+), *(\w+)\)$/.exec(query);
  if (!match) throw new Error(`not a query for labels: ${query}`);
  return (await prometheus.api(`label/${match[2]}/values`, { 'match[]': match[1]! })) as string[];
}
