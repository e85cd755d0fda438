/** A cluster under the preload: its primary takes part where it listens for its workers. */
import { fileURLToPath } from 'node:url';
import { listenerOf } from '../support/listener.ts';
import { onlyWhere } from '../support/only-where.ts';
import { freePort } from '../support/ports.ts';
import { alive, COUNT, service, until } from './processes.ts';

const onLinux = onlyWhere(process.platform === 'linux', '/proc');
const APP = fileURLToPath(new URL('../fixtures/group-cluster-app.js', import.meta.url));

for (const [scheduling, takesPart] of [
  ['round-robin', true],
  ['none', false],
] as const) {
  onLinux(
    `scheduling ${scheduling}: the primary ${takesPart ? 'takes part' : 'takes no part'}, and all workers are shown`,
    async (t) => {
      const shop = await service(t);
      const port = await freePort();
      const primary = await shop.start({
        script: APP,
        env: { PORT: String(port), WORKERS: '3', SCHEDULING: scheduling },
      });
      const metrics = await shop.until((each) => alive(each) === (takesPart ? 4 : 3), 'all processes');
      t.is(metrics.sum('loadline_group_processes', { state: 'dead' }), 0);
      for (let i = 0; i < 20; i++) {
        await (await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })).text();
      }
      await until(async () => (await shop.scrape()).sum(COUNT) === 20, 'twenty requests');
      const leads = listenerOf(shop.metricsPort, [primary.child.pid!]) !== undefined;
      t.log(`the primary ${leads ? 'leads' : 'does not lead'}`);
      if (!takesPart) t.false(leads);
    },
  );
}
