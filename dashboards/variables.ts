/** The choices above a dashboard: which data source, service, instances or hosts, workers, routes. Pure. */

/** Grafana's own ways to be asked for labels differ by data source. */
export type Source = 'prometheus' | 'graphite';

interface Choice {
  readonly name: string;
  readonly label: string;
  readonly query: string;
  /** One value only; the others may be any number, or all. */
  readonly isSingle?: boolean;
  /** What `All` stands for; by default each of the values. */
  readonly all?: string;
}

/** Matches also a series that has no such label: a process on its own has no worker, an unmatched request no route. */
const ANY = '.*';

const CHOICES: Readonly<Record<Source, readonly Choice[]>> = {
  prometheus: [
    {
      name: 'service',
      label: 'Service',
      query: 'label_values(target_info{telemetry_distro_name="loadline"}, service_name)',
      isSingle: true,
    },
    {
      name: 'instance',
      label: 'Instance',
      query: 'label_values(target_info{telemetry_distro_name="loadline", service_name="$service"}, instance)',
    },
    {
      name: 'worker',
      label: 'Worker',
      query: 'label_values(nodejs_eventloop_utilization_ratio{instance=~"$instance"}, loadline_worker)',
      all: ANY,
    },
    {
      name: 'route',
      label: 'Route',
      query: 'label_values(http_server_request_duration_seconds_count{instance=~"$instance"}, http_route)',
      all: ANY,
    },
  ],
  graphite: [
    { name: 'service', label: 'Service', query: 'tag_values(service, name=process.uptime)', isSingle: true },
    { name: 'host', label: 'Host', query: 'tag_values(host, name=process.uptime, service=$service)', all: ANY },
    {
      name: 'worker',
      label: 'Worker',
      query: 'tag_values(loadline.worker, name=nodejs.eventloop.utilization, service=$service)',
      all: ANY,
    },
    {
      name: 'route',
      label: 'Route',
      query: 'tag_values(http.route, name=http.server.request.duration.count, service=$service)',
      all: ANY,
    },
  ],
};

/** `templating.list` of Grafana's JSON model. */
export function variables(source: Source): object[] {
  const dataSource = {
    name: 'datasource',
    label: 'Data source',
    type: 'datasource',
    query: source,
    current: {},
    hide: 0,
    includeAll: false,
    multi: false,
    options: [],
    refresh: 1,
    regex: '',
    skipUrlSync: false,
  };
  return [dataSource, ...CHOICES[source].map((choice) => queryVariable(source, choice))];
}

function queryVariable(source: Source, { name, label, query, isSingle = false, all }: Choice): object {
  return {
    name,
    label,
    type: 'query',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own form.
    datasource: { type: source, uid: '${datasource}' },
    definition: query,
    query: source === 'prometheus' ? { query, refId: 'PrometheusVariableQueryEditor-VariableQuery' } : query,
    current: isSingle ? {} : { selected: true, text: ['All'], value: ['$__all'] },
    hide: 0,
    includeAll: !isSingle,
    multi: !isSingle,
    ...(all === undefined ? {} : { allValue: all }),
    options: [],
    // 2: also when the time range changes.
    refresh: 2,
    regex: '',
    skipUrlSync: false,
    // 3: numbers in their order.
    sort: 3,
  };
}
