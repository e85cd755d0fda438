/** The dashboards are what the generator makes, follow Grafana's JSON model, and know only metrics that exist. */
import { readFileSync } from 'node:fs';
import test from 'ava';
import { textOf } from '../../dashboards/text.ts';
import { GRAPHITE_NAMES, PROMETHEUS_NAMES } from '../docs/known-metrics.ts';
import { interpolate, type Panel, panelsOf, queryOf, readDashboard } from '../support/grafana.ts';

const SOURCES = ['prometheus', 'graphite'] as const;
const UNITS = ['s', 'bytes', 'percentunit', 'reqps', 'ops', 'short'];
/** Grafana's own. */
const BUILT_IN = ['__rate_interval', '__range', 'datasource'];

/** The names of metrics in PromQL: words before a brace. */
function metricsOf(expression: string): string[] {
  return [...expression.matchAll(/([a-zA-Z_:][\w:]*)\{/g)].map(([, name]) => name!).filter((name) => name !== '');
}

function queries(source: (typeof SOURCES)[number]): string[] {
  const board = readDashboard(source);
  const targets = panelsOf(board).flatMap(({ targets = [] }) => targets.map(({ expr, target }) => (expr ?? target)!));
  const asked = board.templating.list.filter(({ type }) => type === 'query').map(queryOf);
  return [...targets, ...asked];
}

function overlap(a: Panel, b: Panel): boolean {
  const [p, q] = [a.gridPos, b.gridPos];
  return p.x < q.x + q.w && q.x < p.x + p.w && p.y < q.y + q.h && q.y < p.y + p.h;
}

for (const source of SOURCES) {
  const board = readDashboard(source);
  const panels = panelsOf(board);

  test(`${source}.json is what the generator makes: npm run build && node dist/dashboards/make.js`, (t) => {
    t.true(readFileSync(new URL(`../../../dashboards/${source}.json`, import.meta.url), 'utf8') === textOf(source));
  });

  test(`${source}.json has what an import into Grafana needs`, (t) => {
    t.is(board.uid, `loadline-${source}`);
    t.true(board.schemaVersion >= 36);
    t.is(board.templating.list[0]?.type, 'datasource');
    t.is(board.templating.list[0]?.query, source);
    const ids = board.panels.flatMap((panel) => [panel.id, ...(panel.panels ?? []).map(({ id }) => id)]);
    t.is(new Set(ids).size, ids.length);
    t.deepEqual(
      board.panels.filter(({ type }) => type === 'row').map(({ title, collapsed }) => [title, collapsed]),
      [
        ['Overview', false],
        ['Routes', true],
        ['Workers and capacity', true],
        ['Memory', true],
        ['The agent', true],
      ],
    );
  });

  test(`Each panel of ${source}.json says what it is, in which unit, and what to do`, (t) => {
    for (const { title, type, description = '', fieldConfig, targets = [], transformations } of panels) {
      t.true(['stat', 'timeseries', 'table'].includes(type), title);
      t.true(description.length > 20 && description.endsWith('.'), title);
      t.true(UNITS.includes(fieldConfig?.defaults.unit ?? ''), title);
      const limits = fieldConfig?.defaults.thresholds?.steps.map(({ value }) => value) ?? [];
      t.is(limits[0], null, title);
      t.deepEqual(
        [...limits.slice(1)].sort((a, b) => a! - b!),
        limits.slice(1),
        title,
      );
      t.true(targets.length > 0, title);
      t.is(new Set(targets.map(({ refId }) => refId)).size, targets.length, title);
      for (const target of targets) {
        t.deepEqual(target.datasource, { type: source, uid: '$' + '{datasource}' });
        if (source === 'prometheus') t.true(type === 'stat' || target.legendFormat !== '', `${title}: no legend`);
      }
      t.is(transformations !== undefined, type === 'table', title);
    }
  });

  test(`No panels of ${source}.json overlap or stick out`, (t) => {
    for (const group of [board.panels, ...board.panels.map(({ panels = [] }) => panels)]) {
      for (const [index, panel] of group.entries()) {
        t.true(panel.gridPos.x + panel.gridPos.w <= 24, panel.title);
        for (const other of group.slice(index + 1)) t.false(overlap(panel, other), `${panel.title}, ${other.title}`);
      }
    }
  });

  test(`Every variable that ${source}.json uses is one of its own or of Grafana`, (t) => {
    const own = board.templating.list.map(({ name }) => name);
    const known = new Map([...own, ...BUILT_IN].map((name) => [name, '']));
    const left = queries(source).filter((query) => /\$[\w]|\$\{(?!1\})/.test(interpolate(query, known, String)));
    t.deepEqual(left, []);
    for (const name of own.slice(1)) {
      t.true(
        queries(source).some((query) => interpolate(query, new Map([[name, '\0']]), String).includes('\0')),
        name,
      );
    }
  });
}

test('Every metric that the dashboards ask for is in docs/metrics.md', (t) => {
  const promql = queries('prometheus').flatMap((query) => {
    const plain = /^label_values\((\w+), /.exec(query)?.[1];
    return plain === undefined ? metricsOf(query) : [plain];
  });
  t.true(promql.length > 100);
  t.deepEqual(
    promql.filter((name) => !PROMETHEUS_NAMES.has(name)),
    [],
  );
  const names = queries('graphite').flatMap((query) => [...query.matchAll(/name=([\w.]+)/g)].map(([, name]) => name!));
  t.true(names.length > 50);
  t.deepEqual(
    names.filter((name) => !GRAPHITE_NAMES.has(name)),
    [],
  );
});

test('A table’s columns are its queries, by place and name', (t) => {
  const [table] = panelsOf(readDashboard('prometheus')).filter(({ type }) => type === 'table');
  const names = table!.transformations!.find(({ id }) => id === 'organize')!.options.renameByName as Record<
    string,
    string
  >;
  for (const { refId, legendFormat } of table!.targets!) t.is(names[`Value #${refId}`], legendFormat);
  for (const { matcher } of table!.fieldConfig!.overrides) t.true(Object.values(names).includes(matcher.options));
});
