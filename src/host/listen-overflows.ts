/** Connections that the kernel turned away because a listen queue was full. */
import { readFileSync } from 'node:fs';
import type { Metric } from '../snapshot/metric.ts';
import type { HostProbe } from './host-probe.ts';
import { netstat } from './proc-net.ts';
import { Rising } from './rising.ts';

const OVERFLOWS: Metric = {
  name: 'loadline.listen.overflows',
  kind: 'counter',
  unit: '{connection}',
  help: 'Times a connection met a full listen queue, in the whole network namespace.',
};
const DROPS: Metric = {
  name: 'loadline.listen.drops',
  kind: 'counter',
  unit: '{connection}',
  help: 'Times a connection to a listening socket was dropped, for a full queue or another reason, likewise.',
};

/** @throws Error where the kernel does not count them. */
export function listenOverflows(): HostProbe {
  const rising = new Rising();
  const look = () => {
    const text = readFileSync('/proc/self/net/netstat', 'latin1');
    const overflows = netstat(text, 'TcpExt', 'ListenOverflows');
    const drops = netstat(text, 'TcpExt', 'ListenDrops');
    if (overflows === undefined || drops === undefined) throw new Error('/proc/self/net/netstat does not have them');
    return { overflows: rising.since('overflows', overflows), drops: rising.since('drops', drops) };
  };
  return {
    name: 'listen-overflows',
    scope: 'host',
    metrics: [OVERFLOWS, DROPS],
    tick: look,
    read(put) {
      const { overflows, drops } = look();
      put(OVERFLOWS, overflows);
      put(DROPS, drops);
    },
  };
}
