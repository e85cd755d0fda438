/** The Pushgateway adapter: each push replaces this process' group. For jobs that end before anybody scrapes them. */
import { labelName } from '../src/exposition/names.ts';
import { type Omission, renderBytes } from '../src/exposition/text.ts';
import type { AdapterContext, AdapterFactory } from '../src/reporter/adapter.ts';
import type { Attributes } from '../src/snapshot/metric.ts';
import type { Snapshot } from '../src/snapshot/snapshot.ts';
import { groupPath, type PushgatewayOptions, readOptions } from './pushgateway-options.ts';
import { deliver } from './pushgateway-request.ts';

export type { PushgatewayOptions } from './pushgateway-options.ts';

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** @throws Error with all problems of the options and the environment in one message. */
const createPushgateway: AdapterFactory<PushgatewayOptions | undefined> = (options, context) => {
  const settings = readOptions(options, process.env);
  const { authorization, timeout } = settings;
  const headers = { 'Content-Type': CONTENT_TYPE, ...(authorization && { Authorization: authorization }) };
  // Pushgateway sets these on every series, `instance` in any case: series that differ in them only would become one,
  // and it refuses the whole push then.
  const reserved = new Set(['job', 'instance', ...settings.grouping.map(([name]) => name)]);
  /** Of the group that was pushed to, possibly: a request whose answer never came may have arrived. */
  let pushed: string | undefined;
  return {
    async push(snapshot, signal) {
      const { body, omissions } = renderBytes(withoutLabels(snapshot, reserved), 'text');
      const url = settings.url + groupPath(settings.job ?? serviceName(snapshot), settings.grouping);
      pushed = url;
      await deliver({ method: 'PUT', url, headers, body, timeout }, signal);
      countPoints(snapshot, omissions, context);
    },
    async close(signal) {
      const url = pushed;
      pushed = undefined;
      if (settings.delete && url !== undefined) await deliver({ method: 'DELETE', url, headers, timeout }, signal);
    },
  };
};

export default createPushgateway;

/** Attributes that would become one of these labels are renamed as Prometheus does it: `job` → `exported_job`. */
function withoutLabels(snapshot: Snapshot, labels: ReadonlySet<string>): Snapshot {
  const rename = (attributes: Attributes): Attributes => {
    const keys = Object.keys(attributes);
    if (!keys.some((key) => labels.has(labelName(key)))) return attributes;
    const renamed = keys.map(
      (key) => [labels.has(labelName(key)) ? `exported_${key}` : key, attributes[key]!] as const,
    );
    return Object.fromEntries(renamed);
  };
  const metrics = snapshot.metrics.map((metric) => ({
    ...metric,
    points: metric.points.map((point) => ({ ...point, attributes: rename(point.attributes) })),
  }));
  return { ...snapshot, resource: rename(snapshot.resource), metrics };
}

function serviceName({ resource }: Snapshot): string {
  return String(resource['service.name'] ?? '') || 'unknown_service:node';
}

function countPoints({ metrics }: Snapshot, omissions: readonly Omission[], context: AdapterContext): void {
  const points = metrics.reduce((sum, metric) => sum + metric.points.length, 0);
  const dropped = omissions.reduce((sum, { series }) => sum + series, 0);
  context.count('sent', points - dropped);
  if (dropped > 0) context.count('dropped', dropped);
  for (const { metric, reason, series } of omissions) {
    context.log(`pushgateway: ${JSON.stringify(metric)} is left out (${series} series): ${reason}`);
  }
}
