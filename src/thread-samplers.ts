/** The samplers of a worker thread: asked here, in answer to the reporter of the process. */
import { threadId } from 'node:worker_threads';
import type { Heartbeat } from './probes/heartbeat.ts';
import { type FromThread, type ToThread, threadChannel } from './reporter/messages.ts';
import type { Collector } from './sampler/collect.ts';
import { samplerSet } from './sampler/sampler.ts';
import { takePart } from './thread-part.ts';

/** From the moment on at which there is a sampler, looked for once a second. Returns what ends it. */
export function answerReporter(collector: Collector, heartbeat: Heartbeat): () => void {
  const part = takePart();
  let end: (() => void) | undefined;
  const look = () => {
    if (end || samplerSet().size === 0) return;
    end = open(collector);
    part.hasSamplers = true;
    part.announce();
  };
  look();
  const stopLooking = heartbeat.everySecond(look);
  return () => {
    stopLooking();
    part.hasSamplers = false;
    end?.();
    collector.close();
  };
}

function open(collector: Collector): () => void {
  const channel = new BroadcastChannel(threadChannel(threadId));
  let isOpen = true;
  const tell = (message: FromThread) => {
    if (isOpen) channel.postMessage(message);
  };
  const onMessage = async (message: ToThread | null | undefined) => {
    // The channel is open to everybody in the process.
    if (message?.type !== 'collect') return;
    const { round } = message;
    tell({ type: 'asking', round });
    tell({ type: 'collected', round, metrics: await collector.collect() });
  };
  channel.onmessage = (event) => void onMessage((event as { data?: ToThread | null }).data);
  (channel as unknown as { unref(): void }).unref();
  return () => {
    isOpen = false;
    channel.close();
  };
}
