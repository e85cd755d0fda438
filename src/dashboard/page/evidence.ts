/** A finding's evidence as facts, stack and requests to show. Pure: evidence may be anything. */
import type { Finding } from '../../reporter/findings.ts';
import { bytes, duration, figures, format } from './units.ts';
import { count, visible } from './words.ts';

export interface Fact {
  readonly label: string;
  readonly text: string;
}

export interface Place {
  readonly name: string;
  /** `/srv/app.js:12:4`. */
  readonly at: string;
}

export interface FlightRow {
  readonly method: string;
  readonly path: string;
  readonly route: string;
  readonly phase: string;
  readonly age: string;
}

export interface Evidence {
  readonly facts: readonly Fact[];
  /** The culprit first, then what called it. */
  readonly stack: readonly Place[];
  /** Functions that ran most often, with how often. */
  readonly tops: readonly (Place & { readonly count: number })[];
  readonly requests: { readonly total: number; readonly rows: readonly FlightRow[] } | undefined;
}

type Fields = { readonly [key: string]: unknown };

const CAUSES: Readonly<Record<string, string>> = {
  javascript: 'JavaScript of the app runs',
  gc: 'garbage is collected again and again: the heap is nearly full',
  native: 'a synchronous call runs in native code',
  'child-process': 'it waits for a child process',
  'system-call': 'it waits in a system call',
  debugger: 'a debugger or tracer holds the thread',
  running: 'it runs; no stack tells what',
  unknown: 'not known',
  stopped: 'stopped by a signal, a tracer, a frozen container or a paused machine',
  suspended: 'the machine slept',
  cpu: 'it wanted a CPU and got none',
};

const MISSING: Readonly<Record<string, string>> = {
  off: 'stacks are turned off (LOADLINE_STALL_STACKS)',
  debugger: 'a debugger is attached',
  worker: 'it is a worker thread',
  unavailable: 'not available in this process',
  unanswered: 'no answer so far',
};

/** @param time epoch ms: what lasts lasts until then */
export function readEvidence({ evidence, since, until }: Finding, time: number): Evidence {
  const stacks = fields(evidence.stacks);
  const requests = fields(evidence.requests);
  return {
    facts: [
      { label: until === null ? 'Lasts for' : 'Lasted', text: duration(Math.max(0, (until ?? time) - since) / 1000) },
      ...known(evidence),
      ...unknown(evidence),
    ],
    stack: list(evidence.frames).map(place),
    tops: list(stacks.tops).map((each) => ({ ...place(each), count: number(fields(each).count) ?? 0 })),
    requests:
      number(requests.count) === null
        ? undefined
        : { total: number(requests.count)!, rows: list(requests.list).map(flight) },
  };
}

/** Handled below or shown otherwise; what else there is is listed as it is. */
const KNOWN = ['duration', 'cause', 'culprit', 'frames', 'stacks', 'heap', 'kernel', 'requests', 'cpu'];

function known(evidence: Fields): Fact[] {
  const heap = fields(evidence.heap);
  const stacks = fields(evidence.stacks);
  const culprit = evidence.culprit ? place(evidence.culprit) : undefined;
  const share = number(fields(evidence.culprit).share);
  const cause = text(evidence.cause);
  return [
    ...fact(
      'Function',
      culprit?.name && `${culprit.name}${share === null ? '' : ` (on ${format('share', share)} of the stacks)`}`,
    ),
    ...fact('At', culprit?.at),
    ...fact('Cause', cause && (CAUSES[cause] ?? visible(cause))),
    ...fact('Stacks', number(stacks.count) === null ? '' : stacksText(stacks)),
    ...fact('Heap', number(heap.used) === null ? '' : heapText(heap)),
    ...fact('CPU', number(evidence.cpu) === null ? '' : `${format('share', number(evidence.cpu))} of one`),
    ...fact('Kernel', kernelText(fields(evidence.kernel))),
  ];
}

function stacksText(stacks: Fields): string {
  const missing = text(stacks.missing);
  return `${count(number(stacks.count)!, 'stack')} taken${missing ? `: ${MISSING[missing] ?? visible(missing)}` : ''}`;
}

function heapText(heap: Fields): string {
  const limit = number(heap.limit);
  return `${bytes(number(heap.used)!)} in use${limit === null ? '' : ` of ${bytes(limit)}`}`;
}

function kernelText(kernel: Fields): string {
  const cpu = number(kernel.cpu);
  const parts = [
    text(kernel.state) && `state ${visible(text(kernel.state))}`,
    cpu === null ? '' : `${format('share', cpu)} of a CPU`,
    text(kernel.syscall) && `in ${visible(text(kernel.syscall))}`,
    text(kernel.file) && `on ${visible(text(kernel.file))}`,
    text(kernel.wchan) && `sleeps in ${visible(text(kernel.wchan))}`,
    ...list(kernel.children).map((child) => `child ${plain(child)}`),
  ];
  return parts.filter(Boolean).join(', ');
}

/** Fields of kinds that this page does not know, and plain ones of those it does. */
function unknown(evidence: Fields): Fact[] {
  return Object.entries(evidence)
    .filter(([key, value]) => !KNOWN.includes(key) && value !== null)
    .map(([key, value]) => ({ label: wordsOf(key), text: SECONDS.has(key) ? secondsText(value) : plain(value) }));
}

const SECONDS = new Set(['threshold', 'age']);

function secondsText(value: unknown): string {
  return typeof value === 'number' ? duration(value) : plain(value);
}

/** `inFlightAtEnd` → `In flight at end`. */
function wordsOf(key: string): string {
  const words = visible(key).replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function fact(label: string, value: string | undefined): Fact[] {
  return value ? [{ label, text: value }] : [];
}

function place(value: unknown): Place {
  const { function: name, file, line, column } = fields(value);
  const numbers = [line, column].filter((each) => typeof each === 'number');
  return {
    name: visible(text(name) || '(anonymous)'),
    at: [visible(text(file)), ...numbers].filter((each) => each !== '').join(':'),
  };
}

function flight(value: unknown): FlightRow {
  const { method, path, route, phase, age } = fields(value);
  return {
    method: visible(text(method)),
    path: visible(text(path)),
    route: visible(text(route)),
    phase: visible(text(phase)),
    age: number(age) === null ? '' : duration(number(age)!),
  };
}

function plain(value: unknown): string {
  if (typeof value === 'string') return visible(value);
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : figures(value);
  return visible(JSON.stringify(value) ?? '');
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function number(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
