/** How long the process took to get from its start to its first response, by phase. */
import { performance } from 'node:perf_hooks';
import { perfNow } from '../clock.ts';
import type { Metric } from '../snapshot/metric.ts';
import type { Probe, ProbeContext } from './probe.ts';

const STARTUP: Metric = {
  name: 'loadline.startup.time',
  kind: 'gauge',
  unit: 's',
  help: 'Start-up by phase: node, agent, load (the app’s modules), listen, first_response.',
};

/** Milliseconds on `performance.now()`, each written once by whoever reaches it. */
export interface StartupMarks {
  agentBegin?: number;
  agentEnd?: number;
  listenCalled?: number;
  listening?: number;
  firstResponse?: number;
}

export const startupMarks: StartupMarks = {};

/** Marks a phase as reached; the first time counts. */
export function mark(phase: keyof StartupMarks): void {
  startupMarks[phase] ??= perfNow();
}

/** Seconds by phase, of those that are over. Their sum is the time from the process's start to the last of them. */
export function startupPhases(marks: StartupMarks, bootstrapComplete: number): ReadonlyMap<string, number> {
  const { agentBegin = 0, agentEnd = 0, listenCalled, listening, firstResponse } = marks;
  const agent = agentEnd - agentBegin;
  // Node counts what a preload takes as part of its own bootstrap.
  const node = agentEnd > 0 && agentEnd <= bootstrapComplete ? bootstrapComplete - agent : bootstrapComplete;
  const phases = new Map([
    ['node', node],
    ['agent', agent],
  ]);
  if (listenCalled === undefined) return inSeconds(phases);
  phases.set('load', listenCalled - node - agent);
  if (listening === undefined) return inSeconds(phases);
  phases.set('listen', listening - listenCalled);
  if (firstResponse !== undefined) phases.set('first_response', firstResponse - listening);
  return inSeconds(phases);
}

function inSeconds(phases: Map<string, number>): Map<string, number> {
  return new Map([...phases].map(([phase, milliseconds]) => [phase, Math.max(0, milliseconds) / 1e3]));
}

export const startup: Probe = {
  name: 'startup',
  metrics: [STARTUP],
  start({ store, heartbeat, define }: ProbeContext) {
    const gauge = define(STARTUP);
    const stop = heartbeat.everySecond(() => {
      const phases = startupPhases(startupMarks, performance.nodeTiming.bootstrapComplete);
      for (const [phase, seconds] of phases) store.cells[gauge.series({ phase })] = seconds;
      if (phases.has('first_response')) stop();
    });
    return stop;
  },
};
