/** How long the process took to get from its start to its first response, by phase. */
import { performance } from 'node:perf_hooks';
import type { Metric } from '../snapshot/metric.ts';
import type { Probe, ProbeContext } from './probe.ts';

const STARTUP: Metric = {
  name: 'loadline.startup.time',
  kind: 'gauge',
  unit: 's',
  help: 'Start-up by phase: node, agent, load (the app’s modules), listen, first_response.',
};

/** Milliseconds on `performance.now()`, each once. */
export interface StartupMarks {
  agentBegin: number;
  agentEnd: number;
  listenCalled?: number;
  listening?: number;
  firstResponse?: number;
}

/** Written by whoever reaches the mark first; read by the probe. */
export const startupMarks: StartupMarks = { agentBegin: 0, agentEnd: 0 };

/** Keeps the first time only. */
export function mark(phase: 'listenCalled' | 'listening' | 'firstResponse'): void {
  startupMarks[phase] ??= performance.now();
}

export const startup: Probe = {
  name: 'startup',
  metrics: [STARTUP],
  start({ store, heartbeat, define }: ProbeContext) {
    const gauge = define(STARTUP);
    const set = (phase: string, milliseconds: number) => {
      store.cells[gauge.series({ phase })] = Math.max(0, milliseconds) / 1e3;
    };
    const stop = heartbeat.everySecond(() => {
      const { agentBegin, agentEnd, listenCalled, listening, firstResponse } = startupMarks;
      const { bootstrapComplete } = performance.nodeTiming;
      set('node', bootstrapComplete);
      set('agent', agentEnd - agentBegin);
      if (listenCalled === undefined) return;
      set('load', listenCalled - bootstrapComplete - (agentEnd - agentBegin));
      if (listening !== undefined) set('listen', listening - listenCalled);
      if (listening === undefined || firstResponse === undefined) return;
      set('first_response', firstResponse - listening);
      stop();
    });
    return stop;
  },
};
