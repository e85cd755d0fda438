/** A worker thread of the app hands its map to the reporter thread of the process. */
import { MAP_CHANNEL, type MapMessage } from './messages.ts';

/** Announces the map now and whenever a reporter asks, for as long as the thread lives; keeps no thread alive. */
export function announceMap(map: SharedArrayBuffer): void {
  const channel = new BroadcastChannel(MAP_CHANNEL);
  const announce = () => channel.postMessage({ type: 'map', map } satisfies MapMessage);
  channel.onmessage = (event) => {
    // The channel is open to everybody in the process.
    if ((event as { data?: MapMessage | null }).data?.type === 'announce') announce();
  };
  (channel as unknown as { unref(): void }).unref();
  announce();
}
