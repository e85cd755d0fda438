/** Real VictoriaMetrics, one node, with its Graphite listener. */
import { join } from 'node:path';
import { type Child, launch, type Owner, temporaryFolder } from './child.ts';
import { need } from './packages.ts';
import { freePort } from './ports.ts';

/** One series with all its points. */
export interface VictoriaSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly values: readonly number[];
  /** Epoch ms. */
  readonly timestamps: readonly number[];
}

export interface Victoria extends Child {
  readonly url: string;
  /** Of the Graphite plaintext listener. */
  readonly graphitePort: number;
  /** Everything it has. */
  everything(): Promise<readonly VictoriaSeries[]>;
}

export async function startVictoria(owner: Owner): Promise<Victoria> {
  const folder = temporaryFolder('victoria');
  const port = await freePort();
  const graphitePort = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = await launch(owner, {
    name: 'victoria-metrics',
    command: need('victoria-metrics'),
    args: [
      `-httpListenAddr=127.0.0.1:${port}`,
      `-graphiteListenAddr=127.0.0.1:${graphitePort}`,
      `-storageDataPath=${join(folder, 'data')}`,
      '-retentionPeriod=100y',
      '-search.latencyOffset=0s',
      '-memory.allowedBytes=256MB',
    ],
    folder,
    ready: () =>
      fetch(`${url}/health`).then(
        ({ ok }) => ok,
        () => false,
      ),
  });
  return { ...child, url, graphitePort, everything: () => everything(url) };
}

async function everything(url: string): Promise<VictoriaSeries[]> {
  await fetch(`${url}/internal/force_flush`);
  const query = new URLSearchParams({ 'match[]': '{__name__!=""}' });
  const text = await (await fetch(`${url}/api/v1/export?${query}`)).text();
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const { metric, values, timestamps } = JSON.parse(line);
    return { labels: metric, values, timestamps };
  });
}
