/** Real haproxy. With `connections` it keeps the rest of the requests in a queue of its own. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch, type Owner, temporaryFolder } from './child.ts';
import type { FrontEnd, FrontEndOptions } from './front-end.ts';
import { need } from './packages.ts';
import { accepts, freePort } from './ports.ts';

export interface HaproxyOptions extends FrontEndOptions {
  /** Requests that the app gets at once. Default 1000. */
  readonly connections?: number;
}

/** Default stamp: microseconds, taken when the head was read and before haproxy's own queue. */
export async function startHaproxy(owner: Owner, options: HaproxyOptions): Promise<FrontEnd> {
  const folder = temporaryFolder('haproxy');
  const port = await freePort();
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(file, configuration(port, options));
  const child = await launch(owner, {
    name: 'haproxy',
    command: need('haproxy'),
    args: ['-db', '-f', file],
    folder,
    ready: () => accepts(port),
  });
  return { ...child, url: `http://127.0.0.1:${port}` };
}

function configuration(
  port: number,
  { backend, stamp = 't=%[date(0,us)]', connections = 1000 }: HaproxyOptions,
): string {
  return `
global
  maxconn 2000
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout queue 60s
frontend front
  bind 127.0.0.1:${port}
  http-request set-header X-Request-Start "${stamp}"
  default_backend app
backend app
  server app 127.0.0.1:${backend} maxconn ${connections}
`;
}
