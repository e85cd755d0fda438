/** From sections to Grafana's JSON model (Grafana 10 and later, schema version 38). Pure. */
import type { Panel, Query, Section, Unit } from './panel.ts';
import { type Source, variables } from './variables.ts';

/** Grafana migrates newer ones itself. */
const SCHEMA_VERSION = 38;
/** Of the grid. */
const COLUMNS = 24;
const HEIGHTS = { stat: 4, lines: 8, table: 10 } as const;

interface Place {
  readonly h: number;
  readonly w: number;
  readonly x: number;
  readonly y: number;
}

/** A whole dashboard, ready to import: the data source is one of its variables. */
export function dashboard(source: Source, title: string, sections: readonly Section[]): object {
  return {
    __requires: [
      { type: 'grafana', id: 'grafana', name: 'Grafana', version: '10.0.0' },
      { type: 'datasource', id: source, name: source === 'prometheus' ? 'Prometheus' : 'Graphite', version: '1.0.0' },
    ],
    annotations: { list: [] },
    description: 'What a Node.js service waits for, and how close it is to its limit. Measured by loadline.',
    editable: true,
    fiscalYearStartMonth: 0,
    // 1: a shared crosshair.
    graphTooltip: 1,
    id: null,
    links: [],
    liveNow: false,
    panels: layOut(source, sections),
    refresh: '10s',
    schemaVersion: SCHEMA_VERSION,
    tags: ['loadline', 'nodejs'],
    templating: { list: variables(source) },
    time: { from: 'now-1h', to: 'now' },
    timepicker: {},
    timezone: 'browser',
    title,
    uid: `loadline-${source}`,
    version: 1,
    weekStart: '',
  };
}

/** A folded section holds its panels, an open one is followed by them. */
function layOut(source: Source, sections: readonly Section[]): object[] {
  let id = 0;
  let y = 0;
  return sections.flatMap(({ title, isFolded, panels }) => {
    const row = { id: ++id, type: 'row', title, collapsed: isFolded, gridPos: { h: 1, w: COLUMNS, x: 0, y } };
    y++;
    const shown = panels.filter((panel) => queriesOf(source, panel).length > 0);
    const places = placesOf(shown, y);
    const inside = shown.map((panel, index) => panelModel(source, panel, ++id, places[index]!));
    if (isFolded) return [{ ...row, panels: inside }];
    y = Math.max(y, ...places.map((place) => place.y + place.h));
    return [{ ...row, panels: [] }, ...inside];
  });
}

/** From left to right, in lines as high as their highest panel. */
function placesOf(panels: readonly Panel[], top: number): Place[] {
  let [x, y, height] = [0, top, 0];
  return panels.map(({ kind, width }) => {
    if (x + width > COLUMNS) [x, y, height] = [0, y + height, 0];
    const place = { h: HEIGHTS[kind], w: width, x, y };
    x += width;
    height = Math.max(height, place.h);
    return place;
  });
}

function queriesOf(source: Source, panel: Panel): readonly Query[] {
  return source === 'prometheus' ? panel.prometheus : (panel.graphite ?? []);
}

function panelModel(source: Source, panel: Panel, id: number, gridPos: Place): object {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own form.
  const datasource = { type: source, uid: '${datasource}' };
  return {
    id,
    type: { stat: 'stat', lines: 'timeseries', table: 'table' }[panel.kind],
    title: panel.title,
    description: panel.help,
    datasource,
    gridPos,
    fieldConfig: { defaults: fieldDefaults(panel), overrides: overridesOf(panel) },
    options: OPTIONS[panel.kind],
    targets: queriesOf(source, panel).map((query, index) => ({
      refId: refId(index),
      datasource,
      ...(source === 'prometheus' ? prometheusTarget(panel, query) : { target: query.text, textEditor: true }),
    })),
    ...(panel.kind === 'table' ? { transformations: tableColumns(panel) } : {}),
  };
}

function refId(index: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + index);
}

function prometheusTarget({ kind }: Panel, { text, legend = '' }: Query): object {
  const shape = kind === 'table' ? { format: 'table', instant: true, range: false } : { instant: false, range: true };
  return { editorMode: 'code', expr: text, legendFormat: legend, ...shape };
}

function fieldDefaults({ kind, unit, limits, isStacked, absent }: Panel): object {
  return {
    unit,
    min: 0,
    color: { mode: kind === 'stat' ? 'thresholds' : 'palette-classic' },
    thresholds: { mode: 'absolute', steps: steps(limits) },
    ...(absent === undefined ? {} : { noValue: absent }),
    custom: kind === 'lines' ? lineStyle(isStacked === true, limits !== undefined) : {},
  };
}

function steps(limits: Panel['limits']): object[] {
  const [warning, critical] = limits ?? [];
  return [
    { color: 'green', value: null },
    ...(warning === undefined ? [] : [{ color: 'yellow', value: warning }]),
    ...(critical === undefined ? [] : [{ color: 'red', value: critical }]),
  ];
}

function lineStyle(isStacked: boolean, hasLimits: boolean): object {
  return {
    drawStyle: 'line',
    lineWidth: 1,
    fillOpacity: isStacked ? 30 : 5,
    showPoints: 'never',
    spanNulls: false,
    stacking: { mode: isStacked ? 'normal' : 'none', group: 'A' },
    thresholdsStyle: { mode: hasLimits ? 'dashed' : 'off' },
  };
}

const OPTIONS: Readonly<Record<Panel['kind'], object>> = {
  stat: {
    colorMode: 'background',
    graphMode: 'area',
    justifyMode: 'auto',
    orientation: 'auto',
    reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
    textMode: 'auto',
  },
  lines: {
    legend: { calcs: ['mean', 'max', 'lastNotNull'], displayMode: 'table', placement: 'bottom', showLegend: true },
    tooltip: { mode: 'multi', sort: 'desc' },
  },
  table: {
    cellHeight: 'sm',
    footer: { countRows: false, fields: '', reducer: ['sum'], show: false },
    showHeader: true,
    sortBy: [{ desc: true, displayName: 'Busy' }],
  },
};

/** Each query becomes a column, found by its place and named by its legend. */
function tableColumns({ labels = {}, prometheus }: Panel): object[] {
  const columns = prometheus.map(({ legend }, index) => [`Value #${refId(index)}`, legend!] as const);
  const names = [...Object.entries(labels), ...columns];
  return [
    { id: 'merge', options: {} },
    {
      id: 'organize',
      options: {
        excludeByName: { Time: true },
        indexByName: Object.fromEntries(names.map(([name], index) => [name, index])),
        renameByName: Object.fromEntries(names),
      },
    },
  ];
}

function overridesOf({ units = {} }: Panel): object[] {
  return Object.entries(units).map(([name, unit]: [string, Unit]) => ({
    matcher: { id: 'byName', options: name },
    properties: [{ id: 'unit', value: unit }],
  }));
}
