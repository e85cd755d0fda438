/** The real servers of the integration tests: where they are, which are missing, and what brings them in. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Program → the Debian package that has it. */
export const PACKAGES = {
  nginx: 'nginx',
  haproxy: 'haproxy',
  apache2: 'apache2',
  prometheus: 'prometheus',
  promtool: 'prometheus',
  'carbon-cache': 'graphite-carbon',
  'graphite-manage': 'graphite-web',
  gunicorn: 'gunicorn',
  'victoria-metrics': 'victoria-metrics',
  'prometheus-pushgateway': 'prometheus-pushgateway',
  ss: 'iproute2',
  chromium: 'chromium',
  tmux: 'tmux',
} as const;

export type Program = keyof typeof PACKAGES;

/** Where Debian keeps servers, which the PATH of an ordinary user leaves out. */
const SERVER_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/sbin'];

/** The absolute path of a program, or undefined. */
export function find(program: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), ...SERVER_FOLDERS];
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

/** @throws with the command that brings in everything that is missing, not only what was asked for. */
export function need(program: Program): string {
  const path = find(program);
  if (path === undefined) throw new Error(howToInstall());
  return path;
}

/** What is missing and the one command that brings it in; empty when nothing is. */
export function howToInstall(): string {
  const missing = (Object.keys(PACKAGES) as Program[]).filter((program) => find(program) === undefined);
  if (missing.length === 0) return '';
  const packages = [...new Set(missing.map((program) => PACKAGES[program]))].join(' ');
  return `the integration tests need ${missing.join(', ')}: apt-get install -y --no-install-recommends ${packages}`;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Not there, or not ours to run: both mean that it has to be looked for elsewhere.
    return false;
  }
}
