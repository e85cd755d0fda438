/** The preload: waits until the process turns out to be something to measure, and starts the agent then. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { isMainThread } from 'node:worker_threads';
import { timers } from './clock.ts';
import { requireOwn } from './places.ts';
import { noteListen } from './probes/listen-limit.ts';
import { mark, startupMarks } from './probes/startup.ts';
import { followFastify, processState } from './process-state.ts';
import { MAP_CHANNEL, type MapMessage } from './reporter/messages.ts';
import { samplerSet } from './sampler/sampler.ts';

/** ms between two looks for samplers and instruments that came without a word. */
const LOOK = 1000;
const LISTEN_CALLED = 'tracing:net.server.listen:asyncStart';
const LISTENING = 'tracing:net.server.listen:asyncEnd';
const THREAD_MADE = 'worker_threads';

/** The agent itself is loaded when it starts: a command that has nothing to measure does not pay for it. */
function startAgent(servers: readonly unknown[]): void {
  const { startWith } = requireOwn('./start.js') as typeof import('./start.ts');
  const agent = startWith({}, servers);
  if (isMainThread) return;
  const { takePart } = requireOwn('./thread-part.js') as typeof import('./thread-part.ts');
  takePart().adopt(agent);
}

/** Likewise. Returns what looks again whether there is something to bridge by now. */
function armBridges(): () => void {
  if (!process.env.LOADLINE_BRIDGES) return () => {};
  return (requireOwn('./bridges.js') as typeof import('./bridges.ts')).armBridges(process.env);
}

/** A thread of a process whose main thread runs the agent has a map at once: even one that only computes is seen. */
function armThread(): void {
  const { agentSettings, takePart } = requireOwn('./thread-part.js') as typeof import('./thread-part.ts');
  takePart();
  if (agentSettings()) (requireOwn('./shared-store.js') as typeof import('./shared-store.ts')).sharedStore();
}

/** A process whose worker threads listen or record is one to measure: `start` is called at the first that does. */
function followThreads(start: () => void): () => void {
  let channel: InstanceType<typeof BroadcastChannel> | undefined;
  const onThread = () => {
    if (channel) return;
    channel = new BroadcastChannel(MAP_CHANNEL);
    channel.onmessage = (event) => {
      const message = (event as { data?: MapMessage | null }).data;
      const { isMap } = requireOwn('./reporter/kept-maps.js') as typeof import('./reporter/kept-maps.ts');
      if (message?.type !== 'map' || !isMap(message.map)) return;
      // Its thread may be gone before there is anybody else to hear of it.
      processState().threads ??= { maps: [message.map], folds: 0 };
      start();
    };
    (channel as unknown as { unref(): void }).unref();
  };
  subscribe(THREAD_MADE, onThread);
  return () => {
    unsubscribe(THREAD_MADE, onThread);
    channel?.close();
  };
}

/**
 * Starts the agent as soon as the process listens, has a sampler, or has recorded something. Until then: three channel
 * subscriptions and one unref'd timer, no thread, no port, no map; with a destination that is pushed to, an 'exit'
 * listener.
 *
 * @param begin ms on `performance.now()` at which the preload began
 */
export function arm(begin: number): void {
  const state = processState();
  if (state.agent || state.disarm || process.env.OTEL_SDK_DISABLED?.toLowerCase() === 'true') return;
  startupMarks.agentBegin = begin;
  const noticeBridges = armBridges();
  const startIfNeeded = () => {
    noticeBridges();
    // A worker thread that recorded has told the main thread, whose agent it then follows.
    const hasRecorded = isMainThread && state.store !== undefined;
    if (samplerSet().size > 0 || hasRecorded) startAgent([]);
  };
  const look = timers.setInterval(startIfNeeded, LOOK);
  look.unref();
  const leaveThreads = isMainThread ? followThreads(() => startAgent([])) : undefined;
  // A job that is over before the next look: what it counted is delivered all the same.
  const onExit = () => {
    startIfNeeded();
    state.agent?.flush?.();
  };
  // A worker thread's end is not the process's.
  const flushes = isMainThread && mayPush(process.env);
  if (flushes) process.on('exit', onExit);
  // Called by whoever starts the agent, this copy of the package or another one.
  const disarm = () => {
    timers.clearInterval(look);
    leaveThreads?.();
    process.off('exit', onExit);
    state.disarm = undefined;
  };
  state.disarm = disarm;
  const onCall = (message: unknown) => {
    mark('listenCalled');
    noteListen(message);
  };
  const onListening = (message: unknown) => {
    mark('listening');
    if (state.disarm === disarm) startAgent([(message as { server: unknown }).server]);
    // Not at once: leaving a channel while it publishes makes Node skip the subscriber that comes next.
    queueMicrotask(() => {
      unsubscribe(LISTEN_CALLED, onCall);
      unsubscribe(LISTENING, onListening);
    });
  };
  subscribe(LISTEN_CALLED, onCall);
  subscribe(LISTENING, onListening);
  followFastify();
  if (!isMainThread) armThread();
  mark('agentEnd');
}

/** Whether a destination is named that is not only pulled from, and the end of the process may take a while. */
function mayPush({ OTEL_METRICS_EXPORTER: names = '', LOADLINE_EXIT_FLUSH: limit = '' }: NodeJS.ProcessEnv): boolean {
  const pushes = names.split(',').some((name) => !['', 'none', 'prometheus'].includes(name.trim().toLowerCase()));
  return pushes && limit.trim() !== '0';
}
