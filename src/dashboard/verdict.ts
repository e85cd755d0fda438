/** "Is it healthy, and what is the limit?" in one sentence: pure. */
import type { State, Vital, WorkerRow } from './feed.ts';
import { percent, worse } from './vitals.ts';

/** As much of a finding as a verdict takes. */
export interface OpenProblem {
  readonly kind: string;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly title: string;
  readonly worker: string;
  readonly since: number;
  readonly evidence: { readonly [key: string]: unknown };
}

export interface Verdict {
  readonly state: State;
  readonly text: string;
}

/** `findings`: those that last. `time`: epoch ms. */
export function verdictOf(
  vitals: readonly Vital[],
  workers: readonly WorkerRow[],
  findings: readonly OpenProblem[],
  time: number,
): Verdict {
  return problem(workers, findings, time) ?? limit(vitals);
}

function problem(workers: readonly WorkerRow[], findings: readonly OpenProblem[], time: number): Verdict | undefined {
  const block = blockOf(workers, findings);
  if (block) {
    const { worker, since, stall } = block;
    const whose = worker === 'main' ? 'The event loop' : `The event loop of worker ${worker}`;
    return { state: 'critical', text: `${whose} is blocked for ${age(time - since)}${guilty(stall)}.` };
  }
  for (const kind of ['stopped', 'process-missing', 'starved']) {
    const found = oldest(findings, kind);
    if (found) return { state: found.severity === 'critical' ? 'critical' : 'warning', text: sentence(found.title) };
  }
  return undefined;
}

export interface Block {
  readonly worker: string;
  /** Epoch ms. */
  readonly since: number;
  readonly stall: OpenProblem | undefined;
}

/** The loop that has been blocked for longest. */
export function blockOf(workers: readonly WorkerRow[], findings: readonly OpenProblem[]): Block | undefined {
  const stall = oldest(findings, 'stall');
  if (stall) return { worker: stall.worker, since: stall.since, stall };
  const row = workers.find(({ state, since }) => state === 'stalled' && since !== null);
  return row && { worker: row.worker, since: row.since!, stall };
}

function oldest(findings: readonly OpenProblem[], kind: string): OpenProblem | undefined {
  return findings.filter((each) => each.kind === kind).sort((a, b) => a.since - b.since)[0];
}

/** ` in slowFibonacci (app.js:4)` */
function guilty(stall: OpenProblem | undefined): string {
  const culprit = stall?.evidence.culprit as { function?: unknown; file?: unknown; line?: unknown } | null | undefined;
  if (!culprit || typeof culprit.file !== 'string') return '';
  const file = culprit.file.slice(culprit.file.lastIndexOf('/') + 1);
  return ` in ${String(culprit.function)} (${file}:${String(culprit.line)})`;
}

/** What is worst of the vitals; where all are well, what would be the limit first. */
function limit(vitals: readonly Vital[]): Verdict {
  const state = vitals.reduce<State>((worst, vital) => worse(worst, vital.state), 'unknown');
  if (state === 'unknown') return { state, text: 'Not known yet: the first numbers come within seconds.' };
  const bad = vitals.filter((vital) => vital.state === state);
  if (state !== 'good') {
    const named = bad.map(({ label, text }) => `${label}: ${text}`).join('. ');
    return { state, text: `${state === 'critical' ? 'At the limit' : 'Near the limit'}. ${named}.` };
  }
  const known = vitals.filter(({ used }) => used !== null).sort((a, b) => b.used! - a.used!);
  const [first] = known;
  if (!first) return { state, text: 'Healthy.' };
  const name = first.id === 'cpu' ? first.label : first.label.toLowerCase();
  return { state, text: `Healthy. The ${name} would be the limit: ${percent(first.used!)} ${VERBS[first.id]}.` };
}

const VERBS: Record<Vital['id'], string> = {
  eventloop: 'busy',
  cpu: 'used',
  memory: 'full',
  threadpool: 'used',
  queue: 'used',
  backlog: 'full',
};

function age(ms: number): string {
  return `${(Math.max(0, ms) / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}

function sentence(title: string): string {
  return `${title.slice(0, 1).toUpperCase()}${title.slice(1)}.`;
}
