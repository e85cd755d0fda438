/** Real Apache httpd, event MPM, mod_proxy. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch, type Owner, temporaryFolder } from './child.ts';
import type { FrontEnd, FrontEndOptions } from './front-end.ts';
import { need } from './packages.ts';
import { accepts, freePort } from './ports.ts';

const MODULES = '/usr/lib/apache2/modules';

/** Default stamp: `t=` and microseconds of the moment at which the request was received. */
export async function startApache(owner: Owner, options: FrontEndOptions): Promise<FrontEnd> {
  const folder = temporaryFolder('apache');
  const port = await freePort();
  const file = join(folder, 'apache.conf');
  writeFileSync(file, configuration(folder, port, options));
  const child = await launch(owner, {
    name: 'apache2',
    command: need('apache2'),
    args: ['-D', 'FOREGROUND', '-f', file],
    folder,
    ready: () => accepts(port),
  });
  return { ...child, url: `http://127.0.0.1:${port}` };
}

function configuration(folder: string, port: number, { backend, stamp = '%t' }: FrontEndOptions): string {
  const modules = ['mpm_event', 'authz_core', 'headers', 'proxy', 'proxy_http'];
  return `
ServerRoot ${folder}
ServerName localhost
PidFile ${folder}/pid
Listen 127.0.0.1:${port}
ErrorLog ${folder}/error.log
DefaultRuntimeDir ${folder}
Mutex pthread
${modules.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`).join('\n')}
User www-data
Group www-data
RequestHeader set X-Request-Start "${stamp}"
ProxyPass / http://127.0.0.1:${backend}/
ProxyPreserveHost On
`;
}
