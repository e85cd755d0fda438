/** A real PM2, installed in `test/pm2`: three instances are one endpoint, whatever PM2 does with them. */
import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { alive, COUNT, PRELOAD, type Service, service, until } from '../group/processes.ts';
import { get } from '../support/load.ts';
import { risingSamples } from '../support/metrics-text.ts';
import { onlyWhere } from '../support/only-where.ts';
import { freePort } from '../support/ports.ts';

const FOLDER = fileURLToPath(new URL('../../../test/pm2/', import.meta.url));
const PM2 = join(FOLDER, 'node_modules/pm2/bin/pm2');
const withPm2 = onlyWhere(
  existsSync(PM2) && process.platform === 'linux',
  'test/pm2/node_modules (npm ci --prefix test/pm2)',
  test.serial,
);
const INSTANCES = 3;

test.beforeEach((t) => t.timeout(170_000));

interface Shop extends Service {
  /** Of each instance, in the order of their ids. */
  pids(): Promise<number[]>;
  pm2(...args: string[]): Promise<string>;
  /** `count` requests, at least one to each port. */
  requests(count: number): Promise<void>;
}

/** Three instances that serve. */
async function startShop(t: ExecutionContext, mode: 'fork' | 'cluster'): Promise<Shop> {
  // No name: they belong together by their script.
  const shop = await service(t, { OTEL_SERVICE_NAME: '', HOME: '', PM2_HOME: '' });
  const port = await freePort();
  const ecosystem = join(shop.folder, 'ecosystem.config.cjs');
  const app = {
    ...{ name: 'shop', script: join(FOLDER, 'app.cjs'), instances: INSTANCES, exec_mode: mode, wait_ready: true },
    node_args: ['--require', PRELOAD],
    env: { PORT: String(port), MODE: mode },
  };
  writeFileSync(ecosystem, `module.exports = ${JSON.stringify({ apps: [app] })};`);
  const env = { ...shop.env, HOME: shop.folder, PM2_HOME: join(shop.folder, 'pm2') };
  const pm2 = async (...args: string[]) => {
    const { stdout } = await promisify(execFile)(process.execPath, [PM2, ...args], { env, timeout: 60_000 });
    return stdout;
  };
  t.teardown(() => pm2('kill'));
  await pm2('start', ecosystem);
  return {
    ...shop,
    pm2,
    pids: async () => (JSON.parse(await pm2('jlist')) as { pid: number }[]).map(({ pid }) => pid),
    async requests(count) {
      for (let i = 0; i < count; i++) {
        const at = port + (mode === 'fork' ? i % INSTANCES : 0);
        await get(`http://127.0.0.1:${at}/`, { connection: 'close' });
      }
    },
  };
}

/** Scrapes all the time; returns what fell meanwhile. */
function watchCounters(shop: Service): () => Promise<string[]> {
  let isOver = false;
  let last: ReadonlyMap<string, number> = new Map();
  const fallen: string[] = [];
  const watching = (async () => {
    while (!isOver) {
      const metrics = await shop.scrape().catch(() => undefined);
      const now = metrics ? risingSamples(metrics) : last;
      for (const [name, value] of last)
        if (!(now.get(name)! >= value)) fallen.push(`${name}: ${value} → ${now.get(name)}`);
      last = now;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  return async () => {
    isOver = true;
    await watching;
    return fallen;
  };
}

for (const [mode, reload] of [
  ['cluster', ['reload', 'shop']],
  // PM2 can only stop and start a fork. Two at a time, its default, would leave too few who remember.
  ['fork', ['reload', 'shop', '--parallel', '1']],
] as const) {
  withPm2(`${mode} mode: one endpoint, through a reload and a kill -9, and no counter falls`, async (t) => {
    const shop = await startShop(t, mode);
    await shop.until((metrics) => alive(metrics) === INSTANCES, 'three processes');
    await shop.requests(30);
    await shop.until((metrics) => metrics.sum(COUNT) === 30, 'thirty requests');
    const stop = watchCounters(shop);
    const before = await shop.pids();
    await shop.pm2(...reload);
    const after = await shop.pids();
    t.deepEqual(
      after.filter((pid) => before.includes(pid)),
      [],
      'all are new',
    );
    await shop.until((metrics) => alive(metrics) === INSTANCES, 'three new processes');
    await shop.requests(30);
    await shop.until((metrics) => metrics.sum(COUNT) === 60, 'sixty requests');
    for (const pid of after.slice(0, 2)) {
      process.kill(pid, 'SIGKILL');
      await until(async () => !(await shop.pids()).includes(pid), 'PM2 starts another one');
      await shop.until((metrics) => alive(metrics) === INSTANCES, 'three processes');
    }
    await shop.requests(30);
    const metrics = await shop.until((each) => each.sum(COUNT) === 90, 'ninety requests');
    t.is(metrics.sum('loadline_group_processes', { state: 'dead' }), 0);
    t.deepEqual(await stop(), []);
  });
}
