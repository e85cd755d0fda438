import { readFileSync } from 'node:fs';
import test from 'ava';
import { FINDINGS_LIMIT, type Finding, Findings } from '../../src/reporter/findings.ts';
import { LISTED, listRequests } from '../../src/reporter/requests.ts';
import { OPEN_LIMIT, SlowRequests } from '../../src/reporter/slow-requests.ts';
import { METHODS, SLOT_TEXT_BYTES, SLOTS } from '../../src/store/layout.ts';
import { StoreReader } from '../../src/store/reader.ts';
import { Slots } from '../../src/store/slots.ts';
import { StoreWriter } from '../../src/store/writer.ts';

const DOC = readFileSync(new URL('../../../docs/findings.md', import.meta.url), 'utf8');

/** The text under a heading, up to the next one. */
function section(heading: string): string {
  return DOC.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
}

function example(heading: string): Record<string, unknown> {
  return JSON.parse(/```json\n(.*?)```/s.exec(section(heading))?.[1] ?? '');
}

/** The names in the first column of the first table. */
function namesIn(heading: string, first: string): string[] {
  const table = section(heading).split(`| ${first} |`)[1]?.split('\n\n')[0] ?? '';
  return table
    .split('\n')
    .slice(2)
    .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([\w-]+)`/g)].map(([, name]) => name!));
}

function read() {
  const store = new StoreWriter();
  const slots = new Slots(store.buffer);
  const maps = [{ worker: 'main', map: new StoreReader(store.buffer) }];
  const findings = new Findings();
  const slow = new SlowRequests({ threshold: 1000, findings, maps: () => maps });
  for (let i = 0; i <= OPEN_LIMIT; i++) slots.take(1000, METHODS.indexOf('GET'), '/items/7');
  slow.check(5000);
  return { requests: listRequests(maps, 5000), findings: findings.list() };
}

test('The examples of docs/findings.md have the fields that the agent answers with', (t) => {
  const { requests, findings } = read();
  const shown = example('GET /findings') as { findings: Finding[] };
  const [others, one] = findings as [Finding, Finding];
  t.deepEqual(Object.keys(shown.findings[0]!), Object.keys(one));
  t.deepEqual(Object.keys(shown.findings[0]!.evidence), Object.keys(one.evidence));
  const list = example('GET /requests') as { requests: object[] };
  t.deepEqual(Object.keys(list), Object.keys(requests));
  for (const each of list.requests) t.deepEqual(Object.keys(each), Object.keys(requests.requests[0]!));
  t.deepEqual(namesIn('GET /findings', 'field').sort(), Object.keys(one).sort());
  t.deepEqual(namesIn('slow-request', 'evidence').sort(), Object.keys(one.evidence).sort());
  for (const key of Object.keys(others.evidence)) t.true(section('slow-request').includes(`\`${key}\``), key);
});

test('The limits of docs/findings.md are those of the code', (t) => {
  t.true(DOC.includes(`\n${FINDINGS_LIMIT} findings are kept`));
  t.true(DOC.includes(`\n${OPEN_LIMIT} slow requests have a finding`));
  t.true(DOC.includes(`at most ${LISTED} of them`));
  t.true(DOC.includes(`${SLOTS} requests of one thread`));
  t.true(DOC.includes(`cut at ${SLOT_TEXT_BYTES} bytes`));
});
