/** The preload: waits until the process turns out to be something to measure, and starts the agent then. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { timers } from './clock.ts';
import { mark, startupMarks } from './probes/startup.ts';
import { followFastify, processState } from './process-state.ts';
import { samplerSet } from './sampler/sampler.ts';
import { startWith } from './start.ts';

/** ms between two looks for samplers and instruments that came without a word. */
const LOOK = 1000;

/**
 * Starts the agent as soon as the process listens, has a sampler, or has recorded something. Until then: two channel
 * subscriptions and one unref'd timer, no thread, no port, no map.
 *
 * @param begin ms on `performance.now()` at which the preload began
 */
export function arm(begin: number): void {
  const state = processState();
  if (state.armed || process.env.OTEL_SDK_DISABLED?.toLowerCase() === 'true') return;
  state.armed = true;
  startupMarks.agentBegin = begin;
  const onCall = () => mark('listenCalled');
  const onListening = (message: unknown) => {
    mark('listening');
    go([(message as { server: unknown }).server]);
  };
  const go = (servers: readonly unknown[]) => {
    timers.clearInterval(look);
    unsubscribe('tracing:net.server.listen:asyncStart', onCall);
    unsubscribe('tracing:net.server.listen:asyncEnd', onListening);
    startWith({}, servers);
  };
  const look = timers.setInterval(() => {
    if (samplerSet().size > 0 || state.store !== undefined) go([]);
  }, LOOK);
  look.unref();
  subscribe('tracing:net.server.listen:asyncStart', onCall);
  subscribe('tracing:net.server.listen:asyncEnd', onListening);
  followFastify();
  mark('agentEnd');
}
