/** Real nginx, one worker, keep-alive to the app. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch, type Owner, temporaryFolder } from './child.ts';
import type { FrontEnd, FrontEndOptions } from './front-end.ts';
import { need } from './packages.ts';
import { accepts, freePort } from './ports.ts';

/** Default stamp: seconds and milliseconds, of a clock that nginx looks at once per loop, after head and body were read. */
export async function startNginx(owner: Owner, options: FrontEndOptions): Promise<FrontEnd> {
  const folder = temporaryFolder('nginx');
  const port = await freePort();
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, configuration(folder, port, options));
  const child = await launch(owner, {
    name: 'nginx',
    command: need('nginx'),
    args: ['-e', join(folder, 'error.log'), '-c', file],
    folder,
    ready: () => accepts(port),
  });
  return { ...child, url: `http://127.0.0.1:${port}` };
}

function configuration(folder: string, port: number, { backend, stamp = 't=$msec' }: FrontEndOptions): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder};`);
  return `
worker_processes 1; daemon off; pid ${folder}/pid; error_log ${folder}/error.log warn;
events { worker_connections 1024; }
http {
  access_log off; ${temporary.join(' ')}
  upstream app { server 127.0.0.1:${backend}; keepalive 32; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header X-Request-Start "${stamp}";
    }
  }
}
`;
}
