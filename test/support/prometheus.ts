/** Real Prometheus, scraping every second by default. Its first scrape comes 5 to 6 s after it is ready. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Child, launch, type Owner, temporaryFolder } from './child.ts';
import { need } from './packages.ts';
import { freePort } from './ports.ts';

/** One series of an instant query. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Prometheus extends Child {
  /** Instant query (PromQL) at this moment. Rejects with Prometheus' own error. */
  query(expression: string): Promise<readonly Series[]>;
  /** The value of a query whose answer has exactly one series. */
  value(expression: string): Promise<number>;
  /** Resolves when every target was scraped. */
  scraped(): Promise<void>;
  /** GET of its HTTP API: `path` behind `/api/v1/`; resolves with `data`. */
  api(path: string, parameters?: Record<string, string>): Promise<unknown>;
}

/** ms until every target must have been scraped once. */
const SCRAPE_LIMIT = 20_000;

/** `targets`: job → port on loopback. `interval`: seconds between two scrapes, and what each may take. */
export async function startPrometheus(
  owner: Owner,
  targets: Readonly<Record<string, number>>,
  interval = 1,
): Promise<Prometheus> {
  const folder = temporaryFolder('prometheus');
  const port = await freePort();
  const file = join(folder, 'prometheus.yml');
  writeFileSync(file, configuration(targets, interval));
  const base = `http://127.0.0.1:${port}`;
  const child = await launch(owner, {
    name: 'prometheus',
    command: need('prometheus'),
    args: [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder, 'tsdb')}`,
      '--log.level=warn',
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    folder,
    ready: () =>
      fetch(`${base}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      ),
  });
  const api = (path: string, parameters: Record<string, string> = {}) =>
    answerOf(`${base}/api/v1/${path}?${new URLSearchParams(parameters)}`);
  const query = async (expression: string) => seriesOf(await api('query', { query: expression }));
  const value = async (expression: string) => {
    const series = await query(expression);
    if (series.length !== 1) throw new Error(`${expression} has ${series.length} series: ${JSON.stringify(series)}`);
    return series[0]!.value;
  };
  const scraped = async () => {
    const limit = Date.now() + SCRAPE_LIMIT;
    const wanted = Object.keys(targets).length;
    while ((await query('up == 1')).length < wanted) {
      if (Date.now() > limit) throw new Error(`not scraped: ${JSON.stringify(await api('targets'))}`);
      await sleep(200);
    }
  };
  return { ...child, api, query, value, scraped };
}

/** JSON, which is YAML. */
function configuration(targets: Readonly<Record<string, number>>, interval: number): string {
  return JSON.stringify({
    global: { scrape_interval: `${interval}s`, scrape_timeout: `${interval}s` },
    scrape_configs: Object.entries(targets).map(([job, port]) => ({
      job_name: job,
      static_configs: [{ targets: [`127.0.0.1:${port}`] }],
    })),
  });
}

async function answerOf(url: string): Promise<unknown> {
  const response = await fetch(url);
  const answer = (await response.json()) as { status: string; data: unknown; error?: string };
  if (answer.status !== 'success') throw new Error(`${url}: ${answer.error}`);
  return answer.data;
}

function seriesOf(data: unknown): Series[] {
  const { result } = data as { result: { metric: Record<string, string>; value: [number, string] }[] };
  return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}
