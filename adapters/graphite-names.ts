/**
 * Series names that carbon takes as they are meant, whatever the metric is called. Source: Graphite documentation,
 * "Feeding In Your Data" and "Graphite Tag Support". Pure.
 *
 * Only ASCII leaves here. A run of signs that are illegal in its place becomes one `_`; what is too long is cut and ends
 * in a hash of the whole, so that it stays apart from others that begin alike.
 */
import type { Attributes, Metric } from '../src/snapshot/metric.ts';
import type { Template } from './graphite-template.ts';

/** The resource attributes that are part of every name. */
export interface Origin {
  readonly service: string;
  readonly host: string;
  /** What tells apart two processes of one service on one host. */
  readonly instance: string;
}

/** A statistic's name is `head + '.count' + tail`. */
export interface SeriesName {
  readonly head: string;
  readonly tail: string;
}

export type Naming = (metric: Metric, attributes: Attributes) => SeriesName;

/** graphite-web keeps tags and values in columns of 191 characters; a node is a file name of up to 255 bytes. */
const LONGEST_PART = 180;
/** An id that is made anew by each process. */
const RANDOM_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** `name` is the metric's own tag in Graphite. */
const TAKEN_TAGS = ['name', 'service', 'host', 'instance'];

/**
 * The instance is `service.instance.id`, unless that is random: a new id at each start would leave a new set of files
 * behind, for ever. Then it is the process id, of which there are few.
 */
export function originOf(resource: Attributes, hostname: string): Origin {
  const id = String(resource['service.instance.id'] ?? '');
  const instance = id === '' || RANDOM_ID.test(id) ? String(resource['process.pid'] ?? '') : id;
  return {
    service: String(resource['service.name'] ?? '') || 'unknown_service',
    host: String(resource['host.name'] ?? '') || hostname || 'unknown_host',
    instance: instance || '0',
  };
}

/** `http.server.request.duration` + `;host=web1;http.route=/a;service=shop`, tags in Graphite's own order. */
export function taggedNaming(origin: Origin): Naming {
  const own = Object.entries(origin).map(([key, value]) => `;${key}=${tagValue(value)}`);
  const tails = new WeakMap<Attributes, string>();
  return ({ name }, attributes) => {
    let tail = tails.get(attributes);
    if (tail === undefined) {
      tail = [...own, ...tagsOf(attributes)].sort().join('');
      tails.set(attributes, tail);
    }
    return { head: metricPath(name), tail };
  };
}

/** An attribute becomes two nodes, `http_route._a`, in the order of the keys; one without a value is left out. */
export function dottedNaming(template: Template, origin: Origin): Naming {
  const paths = new WeakMap<Attributes, string>();
  return ({ name }, attributes) => {
    let path = paths.get(attributes);
    if (path === undefined) {
      path = nodesOf(attributes).join('.');
      paths.set(attributes, path);
    }
    const parts = template.map((part) => {
      if ('literal' in part) return part.literal;
      if (part.placeholder === 'metric') return metricPath(name);
      return part.placeholder === 'attributes' ? path : node(origin[part.placeholder]);
    });
    return { head: parts.filter((part) => part !== '').join('.'), tail: '' };
  };
}

/** Dots separate nodes, of which none is empty. */
export function metricPath(name: string): string {
  const nodes = name.split('.').filter((part) => part !== '');
  return nodes.length === 0 ? '_' : cut(nodes.map(node).join('.'), name);
}

/** One node; `''` only for `''`. A run of `_` becomes one, which also makes `__proto__` an ordinary name. */
export function node(text: string): string {
  return cut(text.replace(/[^A-Za-z0-9-]+/g, '_'), text);
}

/** Any ASCII that is seen but `;` and quotes, and no `~` in front; `''` only for `''`. */
export function tagValue(text: string): string {
  return cut(text.replace(/[^\x21-\x7e]+|[;"'`\\]+/g, '_').replace(/^~+/, '_'), text);
}

function tagsOf(attributes: Attributes): string[] {
  const taken = new Set(TAKEN_TAGS);
  const tags: string[] = [];
  for (const [key, value] of sortedEntries(attributes)) {
    if (value === '') continue;
    let tag = cut(key.replace(/[^A-Za-z0-9_.-]+/g, '_'), key) || '_';
    if (TAKEN_TAGS.includes(tag)) tag = `exported_${tag}`;
    while (taken.has(tag)) tag += '_';
    taken.add(tag);
    tags.push(`;${tag}=${tagValue(value)}`);
  }
  return tags;
}

function nodesOf(attributes: Attributes): string[] {
  const entries = sortedEntries(attributes).filter(([, value]) => value !== '');
  return entries.flatMap(([key, value]) => [node(key) || '_', node(value)]);
}

function sortedEntries(attributes: Attributes): [string, string][] {
  const entries = Object.entries(attributes).map(([key, value]): [string, string] => [key, String(value)]);
  return entries.sort(([a], [b]) => (a < b ? -1 : 1));
}

function cut(clean: string, whole: string): string {
  if (clean.length <= LONGEST_PART) return clean;
  return `${clean.slice(0, LONGEST_PART - 9)}_${hash(whole)}`;
}

/** FNV-1a over UTF-16, 8 hex digits. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return (value >>> 0).toString(16).padStart(8, '0');
}
