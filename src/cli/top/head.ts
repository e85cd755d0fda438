/** The upper part: who it is, is it healthy, what is the limit, what is asked of it. Pure. */
import type { Now, State, Vital } from '../../dashboard/feed.ts';
import { clean, sized } from './clean.ts';
import { cutLine, ends, type Line, type Look, type Part, part, wrap } from './line.ts';
import { amount, clock, time } from './units.ts';

const LOOKS: Readonly<Record<State, Look>> = { good: 'good', warning: 'warning', critical: 'critical', unknown: 'dim' };
/** Also for those who see no colours. */
const MARKS: Readonly<Record<State, string>> = { good: '  ', warning: '! ', critical: '!!', unknown: '? ' };
const LABEL = 11;
const BAR = 15;
/** Columns that the longest text of a vital wants. */
const CELL = 80;
/** Rows of the terminal below which vitals that are good are left out. */
const FEW_ROWS = 20;

function lookOf(state: State): Look {
  return LOOKS[state] ?? 'plain';
}

export function head(now: Now, columns: number, rows: number, isAscii: boolean): Line[] {
  const vitals = rows < FEW_ROWS ? now.vitals.filter(({ state }) => state !== 'good') : now.vitals;
  return [
    title(now, columns, isAscii),
    ...verdict(now, columns, rows, isAscii),
    ...grid(vitals, columns, isAscii),
    traffic(now, columns),
  ];
}

/** In two lines, if it has to be and may be. */
function verdict({ verdict: { state, text } }: Now, columns: number, rows: number, isAscii: boolean): Line[] {
  const lines = wrap(clean(text, isAscii), columns - 3).slice(0, rows < FEW_ROWS ? 1 : 2);
  return lines.map((line, index) =>
    cutLine(
      [part(index === 0 ? `${MARKS[state] ?? '? '} ` : '   ', lookOf(state)), part(line, lookOf(state))],
      columns,
    ),
  );
}

function title(now: Now, columns: number, isAscii: boolean): Line {
  const facts = [`loadline ${now.version}`, `node ${now.node}`, `host ${now.host}`, `pid ${now.pid}`];
  const left = [
    part(clean(now.service, isAscii), 'strong'),
    part(clean(`  ${facts.join('  ')}  up ${time(now.uptime)}`, isAscii)),
  ];
  return ends(left, [part(clock(now.time))], columns);
}

function grid(vitals: readonly Vital[], columns: number, isAscii: boolean): Line[] {
  const across = Math.max(1, Math.floor(columns / CELL));
  const width = Math.floor(columns / across);
  const lines: Line[] = [];
  for (let i = 0; i < vitals.length; i += across) {
    lines.push(vitals.slice(i, i + across).flatMap((vital) => cell(vital, width, isAscii)));
  }
  return lines;
}

function cell({ label, state, text, used }: Vital, width: number, isAscii: boolean): Part[] {
  const look = lookOf(state);
  const rest = width - 3 - LABEL - 1 - BAR - 3;
  const parts = [
    part(`${MARKS[state] ?? '? '} `, look),
    part(`${sized(clean(label, isAscii), LABEL)} `),
    part(meter(used), look),
    part(' '),
    part(sized(clean(text, isAscii), Math.max(0, rest)), state === 'good' ? 'plain' : look),
  ];
  return [...cutLine(parts, width)];
}

/** `[||||      ]`; empty brackets would be a lie where there is no such limit. */
function meter(used: number | null): string {
  if (used === null || !Number.isFinite(used)) return ' '.repeat(BAR + 2);
  const full = Math.round(Math.max(0, Math.min(1, used)) * BAR);
  return `[${'|'.repeat(full)}${' '.repeat(BAR - full)}]`;
}

function traffic({ traffic: { rate, errors, inFlight, p50, p99, queueP99 } }: Now, columns: number): Line {
  const facts: [name: string, value: string, look: Look][] = [
    ['rate', `${amount(rate)}/s`, 'plain'],
    ['failed', `${amount(errors)}/s`, errors > 0 ? 'critical' : 'plain'],
    ['in flight', amount(inFlight), 'plain'],
    ['p50', time(p50), 'plain'],
    ['p99', time(p99), 'plain'],
    ['queue', time(queueP99), 'plain'],
  ];
  return cutLine(
    facts.flatMap(([name, value, look], index) => [
      part(`${index === 0 ? '   ' : '  '}${name} `, 'dim'),
      part(value, look === 'plain' ? 'strong' : look),
    ]),
    columns,
  );
}
