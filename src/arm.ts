/** The preload: waits until the process turns out to be something to measure, and starts the agent then. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createRequire } from 'node:module';
import { timers } from './clock.ts';
import { noteListen } from './probes/listen-limit.ts';
import { mark, startupMarks } from './probes/startup.ts';
import { followFastify, processState } from './process-state.ts';
import { samplerSet } from './sampler/sampler.ts';

/** ms between two looks for samplers and instruments that came without a word. */
const LOOK = 1000;
const LISTEN_CALLED = 'tracing:net.server.listen:asyncStart';
const LISTENING = 'tracing:net.server.listen:asyncEnd';

const require = createRequire(import.meta.url);

/** The agent itself is loaded when it starts: a command that has nothing to measure does not pay for it. */
function startAgent(servers: readonly unknown[]): void {
  const { startWith } = require('./start.js') as typeof import('./start.ts');
  startWith({}, servers);
}

/** Likewise. Returns what looks again whether there is something to bridge by now. */
function armBridges(): () => void {
  if (!process.env.LOADLINE_BRIDGES) return () => {};
  return (require('./bridges.js') as typeof import('./bridges.ts')).armBridges(process.env);
}

/**
 * Starts the agent as soon as the process listens, has a sampler, or has recorded something. Until then: two channel
 * subscriptions and one unref'd timer, no thread, no port, no map.
 *
 * @param begin ms on `performance.now()` at which the preload began
 */
export function arm(begin: number): void {
  const state = processState();
  if (state.agent || state.disarm || process.env.OTEL_SDK_DISABLED?.toLowerCase() === 'true') return;
  startupMarks.agentBegin = begin;
  const noticeBridges = armBridges();
  const look = timers.setInterval(() => {
    noticeBridges();
    if (samplerSet().size > 0 || state.store !== undefined) startAgent([]);
  }, LOOK);
  look.unref();
  // Called by whoever starts the agent, this copy of the package or another one.
  const disarm = () => {
    timers.clearInterval(look);
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
  mark('agentEnd');
}
