/** Real Pushgateway, with nothing in it. */
import { join } from 'node:path';
import { type Child, launch, type Owner, temporaryFolder } from './child.ts';
import { need } from './packages.ts';
import { freePort } from './ports.ts';

export interface Pushgateway extends Child {
  readonly url: string;
  readonly port: number;
  /** Its `/metrics`: what was pushed, and what it says of itself. */
  metrics(): Promise<string>;
}

export async function startPushgateway(owner: Owner, port?: number): Promise<Pushgateway> {
  const taken = port ?? (await freePort());
  const folder = temporaryFolder('pushgateway');
  const url = `http://127.0.0.1:${taken}`;
  const child = await launch(owner, {
    name: 'pushgateway',
    command: need('prometheus-pushgateway'),
    // Debian's default is one file for all.
    args: [`--web.listen-address=127.0.0.1:${taken}`, `--persistence.file=${join(folder, 'store')}`],
    folder,
    ready: () =>
      fetch(`${url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      ),
  });
  const metrics = async () => (await fetch(`${url}/metrics`)).text();
  return { ...child, url, port: taken, metrics };
}
