/**
 * The part that a worker thread of the app has in the agent of its process: it hands its map over, and has an agent of
 * its own soon after the main thread has one. Keeps no thread alive.
 */
import { readlinkSync } from 'node:fs';
import { getEnvironmentData, setEnvironmentData, threadId } from 'node:worker_threads';
import { now, timers } from './clock.ts';
import type { Config } from './config.ts';
import { requireOwn } from './places.ts';
import { processState } from './process-state.ts';
import { MAP_CHANNEL, type MapMessage, THREADS_CHANNEL, type ThreadsMessage } from './reporter/messages.ts';
import type { Agent } from './start.ts';
import { HEADER } from './store/layout.ts';

export interface ThreadPart {
  /** Its agent takes questions for its samplers. */
  hasSamplers: boolean;
  /** Tells the reporter, if there is one, of this thread's map and samplers. */
  announce(): void;
  /** The preload has started this thread's agent: it ends with that of the process, too. */
  adopt(agent: Agent): void;
}

/** ms from the word that there is an agent to the start of this thread's: a thread that is short pays for none. */
const SOON = 1000;
/** Environment data that threads are born with: the settings of the agent that the main thread runs. */
const SETTINGS = 'loadline.agent.v1';

/** Threads that are made from now on know that there is an agent, and its settings; undefined: there is none any more. */
export function tellThreads(config: Config | undefined): void {
  // Destinations are the reporter's business, and what is in them need not be clonable for the app's `new Worker`.
  const own = config && { ...config, adapters: [], graphite: {}, otlp: {}, pushgateway: {} };
  setEnvironmentData(SETTINGS, own as never);
}

/** The settings of the agent that ran in the main thread when this one was made. */
export function agentSettings(): Config | undefined {
  return getEnvironmentData(SETTINGS) as Config | undefined;
}

/** The kernel's number of this thread; 0 where it is not told. Never throws. */
export function kernelThread(): number {
  try {
    return Number(/\d+$/.exec(readlinkSync('/proc/thread-self'))?.[0] ?? 0);
  } catch {
    // Not Linux, or /proc is not permitted.
    return 0;
  }
}

/** Worker threads only. Idempotent. */
export function takePart(): ThreadPart {
  const state = processState();
  state.part ??= begin();
  return state.part;
}

/** Tells the reporter something: a channel for one message, since on one that stays open those of all others arrive. */
export function tellReporter(message: MapMessage): void {
  const channel = new BroadcastChannel(MAP_CHANNEL);
  channel.postMessage(message);
  channel.close();
}

function begin(): ThreadPart {
  const own = ownAgent();
  const part: ThreadPart = {
    hasSamplers: false,
    announce() {
      own.promise();
      announce(part);
    },
    adopt: own.adopt,
  };
  const channel = new BroadcastChannel(THREADS_CHANNEL);
  channel.onmessage = (event) => {
    // The channel is open to everybody in the process.
    const message = (event as { data?: ThreadsMessage | null }).data;
    if (message?.type === 'end') own.end();
    if (message?.type !== 'announce' || (message.to ?? threadId) !== threadId) return;
    part.announce();
    own.startSoon();
  };
  (channel as unknown as { unref(): void }).unref();
  if (agentSettings()) own.startSoon();
  else tellReporter({ type: 'hello', threadId });
  return part;
}

function announce(part: ThreadPart): void {
  const { store } = processState();
  if (store) tellReporter({ type: 'map', map: store.buffer });
  if (store && part.hasSamplers) tellReporter({ type: 'samples', threadId });
}

/** The agent that this thread has by itself, or by the preload; never one that the app's code started here. */
function ownAgent() {
  const state = processState();
  let agent: Agent | undefined;
  let soon: ReturnType<typeof timers.setTimeout> | undefined;
  const start = () => {
    soon = undefined;
    if (state.agent) return;
    const { startWith } = requireOwn('./start.js') as typeof import('./start.ts');
    agent = startWith({}, []);
  };
  return {
    startSoon() {
      if (agent || soon || state.agent) return;
      soon = timers.setTimeout(start, SOON);
      soon.unref();
      this.promise();
    },
    adopt(started: Agent) {
      agent = started;
    },
    /** Whenever there is a map. */
    promise() {
      if (soon) promiseBeat(SOON);
    },
    end() {
      timers.clearTimeout(soon);
      if (soon && !state.agent) promiseBeat(0);
      soon = undefined;
      void agent?.stop();
      agent = undefined;
    },
  };
}

/**
 * Until this thread's agent starts, the start is its next heartbeat: a thread that computes from its first line on and
 * never comes back to its loop is seen as blocked. 0: there will be none.
 */
function promiseBeat(interval: number): void {
  const { store, agent } = processState();
  if (!store || agent) return;
  store.cells[HEADER.beatInterval] = interval;
  store.cells[HEADER.beat] = interval > 0 ? now() : 0;
}
