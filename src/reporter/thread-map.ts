/** A worker thread of the app hands its map to the reporter thread of the process. */
import { MAP_CHANNEL, type MapMessage } from './messages.ts';

/** Announces the map now and whenever a reporter asks; keeps no thread alive. */
export function announceMap(map: SharedArrayBuffer): { ready: Promise<undefined>; stop(): Promise<void> } {
  const channel = new BroadcastChannel(MAP_CHANNEL);
  const announce = () => channel.postMessage({ type: 'map', map } satisfies MapMessage);
  channel.onmessage = (event) => {
    if ((event as { data: MapMessage }).data.type === 'announce') announce();
  };
  (channel as unknown as { unref(): void }).unref();
  announce();
  return {
    ready: Promise.resolve(undefined),
    async stop() {
      channel.close();
    },
  };
}
