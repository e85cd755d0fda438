import { readFileSync } from 'node:fs';
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { installed } from './contenders.mjs';

/** Where and with what was measured, as lines. */
export function machine({ nodeVersion, peers, builds }) {
  const [{ model }] = cpus();
  const own = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
  return [
    `Node.js ${nodeVersion.slice(1)}, ${platform()} ${release()}, ${arch()}`,
    `${cpus().length} CPUs (${model.trim()}), ${(totalmem() / 2 ** 30).toFixed(0)} GiB; load average ${loadavg()
      .map((each) => each.toFixed(1))
      .join(', ')} at the start`,
    `${builds.map(({ name }) => name).join(', ')} ${own}`,
    ...['express', 'fastify', ...new Set(peers.map((peer) => peer.package))].map(
      (name) => `${name} ${installed(name)}`,
    ),
  ];
}
