/** Whether this process runs in a container: where loopback is not what people outside can reach. */
import { existsSync, readFileSync } from 'node:fs';

const MARKS = ['/.dockerenv', '/run/.containerenv'];
const CGROUP_NAMES = /docker|kubepods|containerd|libpod|lxc/;

/** Never throws; false when nothing can be read. */
export function isContainer(env: NodeJS.ProcessEnv = process.env): boolean {
  if (env.KUBERNETES_SERVICE_HOST || MARKS.some((path) => existsSync(path))) return true;
  try {
    return CGROUP_NAMES.test(readFileSync('/proc/1/cgroup', 'utf8'));
  } catch {
    // No /proc, or not readable: nothing says that this is a container.
    return false;
  }
}
