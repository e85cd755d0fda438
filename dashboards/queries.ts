/** How panels ask: every query is about the service, instances and workers that were chosen. Pure. */
import type { Query } from './panel.ts';

/** All of a process' or group's series have the `instance` that Prometheus scraped. */
const INSTANCE = 'instance=~"$instance"';
const RATE = '[$__rate_interval]';

/** `metric{instance=~"$instance",…}` */
export function series(metric: string, ...matchers: readonly string[]): string {
  return `${metric}{${[INSTANCE, ...matchers].join(',')}}`;
}

/** A gauge: each worker has its own. */
export function ofWorkers(metric: string, ...matchers: readonly string[]): string {
  return series(metric, ...matchers, 'loadline_worker=~"$worker"');
}

/** A number of a route. */
export function ofRoutes(metric: string, ...matchers: readonly string[]): string {
  return series(metric, ...matchers, 'http_route=~"$route"');
}

export function rate(selected: string): string {
  return `rate(${selected}${RATE})`;
}

/** Of a histogram; `selected` with its `_bucket`. */
export function quantile(share: number, selected: string, ...by: readonly string[]): string {
  return `histogram_quantile(${share}, sum by (${['le', ...by].join(', ')}) (${rate(selected)}))`;
}

/** The mean of a histogram; `select` makes the selector for its `_sum` and `_count`. */
export function mean(select: (suffix: string) => string, by = ''): string {
  return `sum${by} (${rate(select('_sum'))}) / sum${by} (${rate(select('_count'))})`;
}

export function prometheus(text: string, legend?: string): Query {
  return { text, legend };
}

/** A tag's value that is one of those chosen; all of them: also a series without the tag. */
const CHOSEN = [
  "'service=$service'",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own form.
  "'host=~^${host:regex}$'",
];

/** `seriesByTag('name=…', …)`: the series of one statistic, such as `http.server.request.duration.p99`. */
export function tagged(name: string, ...specs: readonly string[]): string {
  return `seriesByTag(${[`'name=${name}'`, ...CHOSEN, ...specs.map((spec) => `'${spec}'`)].join(', ')})`;
}

export function taggedWorkers(name: string, ...specs: readonly string[]): string {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own form.
  return tagged(name, ...specs, 'loadline.worker=~^${worker:regex}$');
}

export function taggedRoutes(name: string, ...specs: readonly string[]): string {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own form.
  return tagged(name, ...specs, 'http.route=~^${route:regex}$');
}

/** Per second, from the `.count` of each interval. */
export function perSecond(target: string): string {
  return `scaleToSeconds(${target}, 1)`;
}

export function graphite(target: string, alias: string): Query {
  return { text: `alias(${target}, '${alias}')` };
}

/**
 * One line for each set of these tags, named by them. By `groupByNodes`, since `groupByTags` of graphite-web 1.1.8 fails
 * as a whole at a series that lacks one of the tags, such as the main thread's, which has no worker.
 */
export function byTags(target: string, how: 'sum' | 'max', ...tags: readonly string[]): Query {
  const list = tags.map((tag) => `'${tag}'`).join(', ');
  return { text: `aliasSub(groupByNodes(${target}, '${how}', ${list}), '^([^.]*)[.]', '\\1 ')` };
}
