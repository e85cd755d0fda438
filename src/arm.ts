/** The preload: waits until the process turns out to be something to measure, and starts the agent then. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { noticeBridges, prepareBridges } from './bridges.ts';
import { timers } from './clock.ts';
import { type BridgeName, parse } from './config.ts';
import { createLog, type Log } from './log.ts';
import { mark, startupMarks } from './probes/startup.ts';
import { followFastify, processState } from './process-state.ts';
import { samplerSet } from './sampler/sampler.ts';
import { startWith } from './start.ts';

/** ms between two looks for samplers and instruments that came without a word. */
const LOOK = 1000;
const LISTEN_CALLED = 'tracing:net.server.listen:asyncStart';
const LISTENING = 'tracing:net.server.listen:asyncEnd';

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
  const { bridges, log } = bridgesOf(process.env);
  prepareBridges(bridges, log);
  const look = timers.setInterval(() => {
    noticeBridges(bridges);
    if (samplerSet().size > 0 || state.store !== undefined) startWith({}, []);
  }, LOOK);
  look.unref();
  // Called by whoever starts the agent, this copy of the package or another one.
  const disarm = () => {
    timers.clearInterval(look);
    state.disarm = undefined;
  };
  state.disarm = disarm;
  const onCall = () => mark('listenCalled');
  const onListening = (message: unknown) => {
    mark('listening');
    if (state.disarm === disarm) startWith({}, [(message as { server: unknown }).server]);
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

/** The settings are read only where bridges are asked for: what is wrong with them is said when the agent starts. */
function bridgesOf(env: NodeJS.ProcessEnv): { readonly bridges: readonly BridgeName[]; readonly log: Log } {
  if (!env.LOADLINE_BRIDGES) return { bridges: [], log: createLog('silent') };
  const { config } = parse({}, env);
  return { bridges: config.bridges, log: createLog(config.log) };
}
