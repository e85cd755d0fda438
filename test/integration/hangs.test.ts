/** The zoo of hangs: each is a finding while it lasts, with its cause and the function that is guilty. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { temporaryFolder } from '../reporter/app.ts';
import { onlyWhere } from '../support/only-where.ts';
import { JAVASCRIPT, type Stalled, score, until, Zoo, type ZooOptions } from '../support/zoo.ts';

const onLinux = onlyWhere(process.platform === 'linux', '/proc', test.serial);

test.beforeEach((t) => t.timeout(120_000));

async function zooOf(t: ExecutionContext, options?: ZooOptions): Promise<Zoo> {
  const zoo = await Zoo.start(options);
  t.teardown(() => zoo.stop());
  return zoo;
}

const stallBy = (cause: string) => (finding: Stalled) => finding.kind === 'stall' && finding.evidence.cause === cause;

for (const hang of JAVASCRIPT) {
  test.serial(`${hang.culprit} is named while it hangs, in at least 9 of 10 runs`, async (t) => {
    const zoo = await zooOf(t);
    const { right, wrong } = await score(zoo, hang, 10);
    t.true(right >= 9, `${right} of 10; ${wrong.join('; ')}`);
  });
}

test.serial(
  'JSON.parse of a huge body is a native call while it lasts, and names its caller at its return',
  async (t) => {
    const zoo = await zooOf(t);
    let megabytes = 4;
    for (let took = 0; took < 2000; ) {
      megabytes *= 2;
      await zoo.get(`/prepare?mb=${megabytes}`);
      const begin = Date.now();
      await zoo.get(`/json?mb=${megabytes}`);
      took = Date.now() - begin;
    }
    const { during, after } = await zoo.hang(`/json?mb=${megabytes}`, stallBy('native'));
    t.is(during?.evidence.culprit, null, after?.title);
    t.is(after?.evidence.cause, 'native');
    t.is(after?.evidence.culprit?.function, 'importCatalogue', after?.title);
    t.like(after?.evidence.requests, { count: 1 });
    t.like(after?.evidence.requests.list[0], { method: 'GET', path: '/json' });
  },
);

onLinux('execSync is known by its child process', async (t) => {
  const zoo = await zooOf(t);
  const { during, after } = await zoo.hang('/exec?ms=1500', stallBy('child-process'));
  t.truthy(during, after?.title);
  t.regex(during!.evidence.kernel!.children.map(({ command }) => command).join(), /sh|sleep/);
  t.is(after!.evidence.culprit?.function, 'convertImage', after?.title);
  t.true(after!.evidence.duration >= 1.3, `${after!.evidence.duration} s`);
  t.true(Math.abs(after!.until! - after!.since - 1000 * after!.evidence.duration) < 2);
});

onLinux('A synchronous read of a FIFO that nobody writes is known by its file', async (t) => {
  const zoo = await zooOf(t);
  const fifo = join(temporaryFolder(), 'control');
  execFileSync('mkfifo', [fifo]);
  const write = () => writeFileSync(fifo, 'x');
  const limit = setTimeout(write, 20_000);
  const { during, after } = await zoo.hang(`/fifo?path=${fifo}`, stallBy('system-call'), write);
  clearTimeout(limit);
  t.like(during?.evidence.kernel, { syscall: 'read', file: fifo }, after?.title);
  t.is(after?.evidence.cause, 'system-call');
});

onLinux('A heap that is nearly full is told from the function that only allocates', async (t) => {
  const zoo = await zooOf(t, { flags: ['--max-old-space-size=100'] });
  const { during, after } = await zoo.hang('/gc?mb=92&ms=2500', stallBy('gc'));
  t.truthy(during, `${after?.title} ${JSON.stringify(after?.evidence)}`);
  t.is(after?.evidence.culprit?.function, 'cacheEverything', after?.title);
});

onLinux('A process that was stopped as a whole is found so afterwards, and no function is blamed', async (t) => {
  const zoo = await zooOf(t, { env: { LOADLINE_STALL_THRESHOLD: '200' } });
  const before = (await zoo.findings())[0]?.id ?? 0;
  zoo.child.kill('SIGSTOP');
  await sleep(2000);
  zoo.child.kill('SIGCONT');
  let found: Stalled[] = [];
  await until(async () => {
    found = (await zoo.findings()).filter(({ id }) => id > before);
    return found.some(({ kind }) => kind === 'stopped');
  });
  const stopped = found.find(({ kind }) => kind === 'stopped');
  t.truthy(stopped, JSON.stringify(found));
  t.is(stopped!.evidence.cause, 'stopped');
  t.true(stopped!.evidence.duration > 1.5 && stopped!.evidence.duration < 10, `${stopped!.evidence.duration} s`);
  t.deepEqual(
    found.filter(({ kind }) => kind === 'stall'),
    [],
  );
});

test.serial('Heavy but healthy load is no finding', async (t) => {
  const zoo = await zooOf(t, { env: { LOADLINE_STALL_THRESHOLD: '500' } });
  const end = Date.now() + 4000;
  const client = async () => {
    for (; Date.now() < end; ) await zoo.get('/graph?ms=5');
  };
  await Promise.all(Array.from({ length: 8 }, client));
  t.deepEqual(
    (await zoo.findings()).map(({ title }) => title),
    [],
  );
});

test.serial('With LOADLINE_STALL_STACKS=0 a stall is found without a stack', async (t) => {
  const zoo = await zooOf(t, { env: { LOADLINE_STALL_STACKS: '0' } });
  const { during, after } = await zoo.hang('/graph?ms=800', ({ kind }) => kind === 'stall');
  t.is(during?.evidence.stacks.missing, 'off', after?.title);
  t.is(after?.evidence.culprit, null);
  t.regex(await zoo.metrics(), /^loadline_watchdog_captures_total 0$/m);
});
