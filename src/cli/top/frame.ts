/** The whole screen. Pure: what is known, what the keys chose and the size in, lines out. */
import { type Body, body, everything, type Known } from './body.ts';
import { clean } from './clean.ts';
import { head } from './head.ts';
import { cutLine, ends, type Line, part, wrap } from './line.ts';
import { START, type State, VIEWS } from './state.ts';
import { time } from './units.ts';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** What came of asking. */
export interface Outcome {
  /** Undefined: there was no answer yet. */
  readonly known: Known | undefined;
  /** Why the last question had no answer, with the remedy. One line. */
  readonly problem: string | undefined;
  /** Seconds since the last answer. */
  readonly age: number;
  readonly url: string;
}

export interface Frame extends Pick<Body, 'extent'> {
  /** As many as there are rows, none wider than the columns. */
  readonly lines: readonly Line[];
}

/** Columns of the upper part of a report: one vital below the other. */
const REPORT_HEAD = 100;
const NOTHING = { sortKeys: [], rows: 0, height: 0 };
/** Lines that a problem takes at most, beside what is known. */
const PROBLEM_LINES = 3;

const HELP = [
  '0 all   1 workers   2 routes   3 findings   4 requests in flight   tab the next',
  'up, down, page up, page down, home, end (or k, j): scroll   space: pause',
  'ctrl-l: draw again   q: quit.   To sort (again: the other way round):',
  '  routes    r rate, s share, m p50, p p99, e errors, a left, c CPU, n name',
  '  workers   n name, u loop, p delay, c CPU, m RSS, h heap, f busy, t up',
  '  findings  t time, d duration, s severity, n worker',
  '  requests  t age, n worker, p phase, r path',
  'LOOP, HEAP: share of what there is.   DELAY99: of the loop, p99 of a minute.',
  'BUSY: requests in flight.   LEFT/S: clients that left before the answer.',
  'CPU: cores.   CPU/REQ: time on the event loop.   queue: p99 before the app.',
  'Any key goes back.',
];

export function frame(outcome: Outcome, state: State, size: Size, isAscii: boolean): Frame {
  const { known } = outcome;
  if (known === undefined) return fill([...waiting(outcome, size.columns, isAscii)], [], NOTHING, size);
  const top = head(known.now, size.columns, size.rows, isAscii);
  const foot = footOf(outcome, state, size.columns, isAscii);
  const tabs = tabsOf(known, state, size.columns);
  const height = Math.max(0, size.rows - top.length - foot.length - 1);
  if (state.isHelp) {
    const help = HELP.slice(0, height).map((line) => cutLine([part(line)], size.columns));
    return fill([...top, tabs, ...help], foot, NOTHING, size);
  }
  const { lines, extent } = body(known, state, size.columns, height, isAscii);
  return fill([...top, tabs, ...lines], foot, extent, size);
}

/** Everything that is known, for a reader that is no terminal: as many lines as it takes. */
export function report(known: Known, columns: number, isAscii: boolean): Line[] {
  return [
    ...head(known.now, Math.min(columns, REPORT_HEAD), Number.POSITIVE_INFINITY, isAscii),
    ...everything(known, START, columns, isAscii),
  ];
}

function fill(lines: readonly Line[], foot: readonly Line[], extent: Frame['extent'], { columns, rows }: Size): Frame {
  const room = Math.max(0, rows - foot.length);
  const upper = lines.slice(0, room);
  const empty = Array.from({ length: room - upper.length }, (): Line => []);
  const all = [...upper, ...empty, ...foot].slice(0, rows);
  return { lines: all.map((line) => cutLine(line, columns)), extent };
}

function waiting({ url, problem }: Outcome, columns: number, isAscii: boolean): Line[] {
  const title = cutLine([part(clean(`loadline top  ${url}`, isAscii), 'strong')], columns);
  if (problem === undefined) return [title, [part('asking ...', 'dim')]];
  const hint = cutLine([part('Trying again. q: quit', 'dim')], columns);
  return [title, ...wrap(clean(problem, isAscii), columns).map((text) => [part(text, 'critical')]), hint];
}

function tabsOf({ now, findings, requests }: Known, state: State, columns: number): Line {
  const counts = [
    '',
    now.workers.length,
    now.routes.length + now.routesLeftOut,
    findings.length,
    requests?.total ?? now.traffic.inFlight,
  ];
  const tabs = VIEWS.flatMap((view, index) => [
    part(index === 0 ? '' : '  '),
    part(`${index} ${view}${index === 0 ? '' : ` ${counts[index]}`}`, view === state.view ? 'chosen' : 'plain'),
  ]);
  return ends(tabs, [part('? help  q quit', 'dim')], columns);
}

function footOf({ problem, age }: Outcome, state: State, columns: number, isAscii: boolean): Line[] {
  if (problem !== undefined) {
    const text = `No answer for ${time(age)}: ${clean(problem, isAscii)}`;
    return wrap(text, columns)
      .slice(0, PROBLEM_LINES)
      .map((line) => [part(line, 'critical')]);
  }
  if (state.isPaused) return [cutLine([part('PAUSED', 'warning'), part('  space goes on')], columns)];
  return [];
}
