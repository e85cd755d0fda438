/** Real processes of one service: who serves, what is shown, who takes over. */
import { type Metrics, risingSamples } from '../support/metrics-text.ts';
import { onlyWhere } from '../support/only-where.ts';
import { alive, COUNT, PROCESSES, service, startAll, until } from './processes.ts';

const onUnix = onlyWhere(process.platform !== 'win32', 'Unix sockets');

function fallen(before: Metrics, after: Metrics): string[] {
  const now = risingSamples(after);
  return [...risingSamples(before)]
    .filter(([name, value]) => !((now.get(name) ?? Number.NaN) >= value))
    .map(([name, value]) => `${name}: ${value} → ${now.get(name)}`);
}

onUnix('several processes are one endpoint: counters add up, gauges say whose they are', async (t) => {
  const shop = await service(t);
  const first = await shop.start();
  const lone = await shop.until(() => true, 'the first serves');
  t.is(alive(lone), Number.NaN, 'a process on its own is no group');
  t.true(lone.samples.every(({ labels }) => labels.loadline_worker === undefined));
  t.is(lone.samples.find(({ name }) => name === 'target_info')!.labels.process_pid, String(first.pid));
  const others = [await shop.start(), await shop.start()];
  await shop.until((metrics) => alive(metrics) === 3, 'three processes');
  await Promise.all([first, ...others].map((member, i) => member.get('/', 5 * (i + 1))));
  const metrics = await shop.until((each) => each.sum(COUNT) === 30, 'thirty requests');
  const workers = new Set(
    metrics.samples.filter(({ name }) => name === 'process_uptime_seconds').map(({ labels }) => labels.loadline_worker),
  );
  t.deepEqual([...workers], ['1', '2', '3']);
  const summed = metrics.samples.filter(({ name }) => name === 'process_memory_usage_bytes');
  t.deepEqual(
    summed.map(({ labels }) => labels),
    [{}],
  );
  t.true(summed[0]!.value > 3 * 30e6, 'the memory of three processes');
  t.deepEqual(
    metrics.samples.filter(({ labels }) => labels.server_address !== undefined),
    [],
    'the socket where they meet is not the app’s',
  );
  const info = metrics.samples.find(({ name }) => name === 'target_info')!.labels;
  t.is(info.service_name, 'shop');
  t.deepEqual([info.process_pid, info.service_instance_id], [undefined, undefined]);
  t.deepEqual(
    [first, ...others].flatMap((member) => member.lines()),
    [],
  );
});

onUnix('when the leader is killed another one takes over within 2 s, and no counter falls', async (t) => {
  const shop = await service(t);
  const members = await startAll(shop, 3);
  await Promise.all(members.map((member) => member.get('/', 10)));
  const before = await shop.until((metrics) => metrics.sum(COUNT) === 30, 'thirty requests');
  const begin = Date.now();
  await members[0]!.kill();
  const after = await shop.until(() => true, 'another one serves');
  t.true(Date.now() - begin < 2000, `${Date.now() - begin} ms`);
  t.deepEqual(fallen(before, after), []);
  t.is(after.sum(COUNT), 30, 'what the killed one counted is still there');
  t.is(after.sum(PROCESSES, { state: 'dead' }), 1);
  const said = () => members.slice(1).flatMap((member) => member.lines());
  await until(() => said().length > 0, 'a line');
  t.regex(
    said().join('\n'),
    /^loadline: warning: process \d+ ended without a word[^\n]* in worker 1 \[process-missing \d+\]$/,
  );
  const next = await shop.start();
  const healed = await shop.until((metrics) => alive(metrics) === 3, 'a successor');
  await next.get('/', 3);
  await shop.until((metrics) => metrics.sum(COUNT) === 33, 'what both counted');
  t.is(healed.sum(PROCESSES, { state: 'dead' }), 0);
  const uptime = (metrics: Metrics) => metrics.sum('process_uptime_seconds', { loadline_worker: '1' });
  await shop.until((metrics) => uptime(metrics) < uptime(before), 'it has the slot of the dead one');
});

onUnix('who ends as it should loses nothing, and is not missed', async (t) => {
  // On a busy machine the last word takes its time.
  const shop = await service(t, { LOADLINE_EXIT_FLUSH: '10000' });
  const [first, second, third] = await startAll(shop, 3);
  await third!.get('/', 7);
  await third!.get('/exit');
  await third!.over();
  const without = await shop.until((metrics) => alive(metrics) === 2, 'two processes');
  t.is(without.sum(COUNT), 8);
  t.is(without.sum(PROCESSES, { state: 'dead' }), 0);
  await first!.get('/', 4);
  await first!.get('/exit');
  await first!.over();
  const handedOver = await shop.until((metrics) => alive(metrics) === 1, 'one process');
  t.is(handedOver.sum(COUNT), 13);
  t.is(handedOver.sum(PROCESSES, { state: 'dead' }), 0);
  t.deepEqual(fallen(without, handedOver), []);
  t.deepEqual(
    [first, second, third].flatMap((member) => member!.lines()),
    [],
  );
});

onUnix('a process whose app hangs is shown as fresh as every other one', async (t) => {
  const shop = await service(t, { LOADLINE_SLOW_REQUEST: '500' });
  const [, second] = await startAll(shop, 2);
  await second!.get('/', 3);
  const hanging = second!.get('/block/4000');
  hanging.catch((error) => t.log(error));
  const during = await shop.until(
    (metrics) => metrics.sum('loadline_eventloop_stall_age_seconds', { loadline_worker: '2' }) > 0.5,
    'a stall',
  );
  t.is(alive(during), 2);
  t.is(during.sum(COUNT), 3);
  const json = async (path: string) => (await fetch(`http://127.0.0.1:${shop.metricsPort}${path}`)).json();
  t.like(await json('/requests'), { total: 1, requests: [{ worker: '2', path: '/block/4000' }] });
  const listed = await until(async () => {
    const { findings } = (await json('/findings')) as { findings: { kind: string; worker: string }[] };
    return findings.find(({ kind }) => kind === 'slow-request');
  }, 'a finding of the other process');
  t.is(listed.worker, '2');
  await hanging;
});

onUnix('a process that is stopped is stale, its last numbers stay, and a scrape does not wait for it', async (t) => {
  const shop = await service(t);
  const [first, second] = await startAll(shop, 2);
  await second!.get('/', 3);
  await shop.until((metrics) => metrics.sum(COUNT) === 3, 'three requests');
  second!.child.kill('SIGSTOP');
  const begin = Date.now();
  t.is((await shop.scrape()).sum(COUNT), 3);
  t.true(Date.now() - begin < 1500, `${Date.now() - begin} ms`);
  const stale = await shop.until((metrics) => metrics.sum(PROCESSES, { state: 'stale' }) === 1, 'a stale process');
  t.deepEqual([alive(stale), stale.sum(COUNT)], [1, 3]);
  await until(() => first!.lines().some((line) => line.includes(`process ${second!.pid} is stopped`)), 'a line');
  second!.child.kill('SIGCONT');
  await shop.until((metrics) => alive(metrics) === 2, 'it is back');
});

onUnix('a leader that is stopped is said by another one, and when it is killed that takes over', async (t) => {
  const shop = await service(t);
  const [first, second] = await startAll(shop, 2);
  await Promise.all([first!.get('/', 2), second!.get('/', 3)]);
  await shop.until((metrics) => metrics.sum(COUNT) === 5, 'five requests');
  first!.child.kill('SIGSTOP');
  await until(() => second!.lines().some((line) => line.includes(`process ${first!.pid} is stopped`)), 'a line');
  await second!.get('/', 2);
  await first!.kill();
  const after = await shop.until((metrics) => alive(metrics) === 1, 'the other serves');
  t.is(after.sum(COUNT), 7);
});

onUnix('processes that start at the same moment have one leader', async (t) => {
  const shop = await service(t);
  const members = await Promise.all(Array.from({ length: 6 }, () => shop.start()));
  await shop.until((metrics) => alive(metrics) === 6, 'six processes');
  await Promise.all(members.map((member) => member.get('/', 2)));
  await shop.until((metrics) => metrics.sum(COUNT) === 12, 'twelve requests');
  t.deepEqual(
    members.flatMap((member) => member.lines()),
    [],
  );
});

onUnix('by worker: each slot has its own counters', async (t) => {
  const shop = await service(t, { LOADLINE_AGGREGATE: 'worker' });
  const members = await startAll(shop, 2);
  await Promise.all(members.map((member, i) => member.get('/', i + 1)));
  const metrics = await shop.until((each) => each.sum(COUNT) === 3, 'three requests');
  t.deepEqual([metrics.sum(COUNT, { loadline_worker: '1' }), metrics.sum(COUNT, { loadline_worker: '2' })], [1, 2]);
  t.true(metrics.samples.filter(({ name }) => name === COUNT).every(({ labels }) => labels.loadline_worker));
});

onUnix('an agent that is stopped and started again in its process counts nothing twice', async (t) => {
  const shop = await service(t);
  const [, second] = await startAll(shop, 2);
  await second!.get('/', 3);
  await shop.until((metrics) => metrics.sum(COUNT) === 3, 'three requests');
  await second!.get('/leave');
  const without = await shop.until((metrics) => alive(metrics) === 1, 'it has left');
  t.is(without.sum(PROCESSES, { state: 'dead' }), 0);
  const counted = without.sum(COUNT);
  t.true(counted >= 3);
  await second!.get('/return');
  const back = await shop.until((metrics) => alive(metrics) === 2, 'it is back');
  t.true(back.sum(COUNT) <= counted + 1, `${counted} → ${back.sum(COUNT)}`);
  t.is(back.sum('process_uptime_seconds', { loadline_worker: '2' }) > 0, true, 'in its old slot');
});

onUnix('a service that was down begins anew', async (t) => {
  const shop = await service(t);
  const first = await shop.start();
  await shop.until(() => true, 'it serves');
  await first.get('/', 2);
  await first.get('/exit');
  await first.over();
  const second = await shop.start();
  const metrics = await shop.until(() => true, 'the next serves');
  t.is(metrics.sum(COUNT), Number.NaN);
  t.deepEqual(second.lines(), []);
});
