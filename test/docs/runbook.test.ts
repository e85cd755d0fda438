import { readFileSync } from 'node:fs';
import test from 'ava';
import { panelsOf, readDashboard } from '../support/grafana.ts';
import { PROMETHEUS_NAMES } from './known-metrics.ts';

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const rules = read('dashboards/alerts.yml');
const tests = read('dashboards/alerts.test.yml');
const runbook = read('docs/runbook.md');

/** The text of each rule, from its name to the next one. */
const alerts = rules
  .split(/^ {6}- alert: /m)
  .slice(1)
  .map((text) => ({ name: /^\w+/.exec(text)![0], text }));
const names = [...new Set(alerts.map(({ name }) => name))];
const sections = [...runbook.matchAll(/^## (\w+)\n(.*?)(?=^## |$(?![\s\S]))/gms)].map(([, name, text]) => ({
  name: name!,
  text: text!,
}));

test('Every alert has a section in the runbook, and every section an alert', (t) => {
  t.true(names.length > 20);
  t.deepEqual(
    sections.map(({ name }) => name),
    names,
  );
});

test('Every section says what it means, how to see it and what to do', (t) => {
  for (const { name, text } of sections) {
    t.regex(text, /^\S.+\n\n- \*\*See\*\*: .+\n(?:- | {2})/s, name);
    t.true(text.split('\n- ').length >= 3, name);
  }
});

test('Every alert has a severity, its reason and its place in the runbook', (t) => {
  for (const { name, text } of alerts) {
    t.regex(text, /^ {8}labels: \{ severity: (info|warning|critical) \}$/m, name);
    for (const field of ['summary', 'description', 'reason'])
      t.regex(text, new RegExp(`^ {10}${field}: .+`, 'm'), name);
    t.is(/^ {10}runbook: (.+)$/m.exec(text)?.[1], `docs/runbook.md#${name.toLowerCase()}`, name);
    if (!/^ {8}for: \d+m$/m.test(text)) {
      const isOwnTime = /_age_seconds\)|increase\(|resets\(/.test(text);
      t.true(isOwnTime, `${name} has no "for", and its expression looks back over no time of its own`);
    }
  }
});

test('Every alert, in each severity, is made to fire by a test', (t) => {
  for (const { name, text } of alerts) {
    const severity = /severity: (\w+)/.exec(text)![1];
    t.true(tests.includes(`{alertname="${name}", severity="${severity}"`), `${name} ${severity}`);
  }
});

test('Alerts are about metrics that docs/metrics.md has', (t) => {
  const expressions = alerts.map(({ text }) =>
    /^ {8}expr: (?:\|\n((?: {10}.*\n)+)|(.+))/m.exec(text)!.slice(1).join(''),
  );
  const used = expressions.flatMap((text) => text.match(/\b(?:loadline|nodejs|v8js|process|http|target)_\w+/g)!);
  const known = [...PROMETHEUS_NAMES, 'loadline_worker', 'http_response_status_code'];
  t.true(used.length > 40);
  t.deepEqual(
    used.filter((name) => !known.includes(name)),
    [],
  );
});

test('Links and panels that the runbook names exist', (t) => {
  const anchors = [...runbook.matchAll(/\]\(#(\w+)\)/g)].map(([, anchor]) => anchor!);
  t.true(anchors.length > 10);
  t.deepEqual(
    anchors.filter((anchor) => !names.some((name) => name.toLowerCase() === anchor)),
    [],
  );
  const titles = panelsOf(readDashboard('prometheus')).map(({ title }) => title);
  const named = [...runbook.matchAll(/(?<!\*)\*([A-Z][^*\n]+)\*(?!\*)/g)].map(([, title]) => title!);
  t.true(named.length > 20);
  t.deepEqual(
    named.filter((title) => !titles.includes(title)),
    [],
  );
});
