/** A process whose CPU quota is used up: starved, not stalled. In a control group of the test's own. */
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { findGroups } from '../../src/host/cgroup.ts';
import { onlyWhere } from '../support/only-where.ts';
import { type Stalled, until, Zoo } from '../support/zoo.ts';

test.beforeEach((t) => t.timeout(120_000));

/** µs, of each 100 ms. */
const QUOTA = 20_000;
const PERIOD = 100_000;

/** What a group is limited by, and who is in it. */
interface Group {
  readonly folder: string;
  readonly parent: string;
  limit(isLimited: boolean): void;
}

/** A child of this process's own group, where one with a CPU quota can be made. */
function makeGroup(): Group | undefined {
  const { cpu } = findGroups();
  const parent = cpu?.folders[0];
  if (parent === undefined) return undefined;
  const folder = join(parent, `loadline-test-${process.pid}`);
  const write = (file: string, text: string) => writeFileSync(join(folder, file), text);
  const limit = (isLimited: boolean) => {
    if (cpu!.version === 2) write('cpu.max', `${isLimited ? QUOTA : 'max'} ${PERIOD}`);
    else write('cpu.cfs_quota_us', String(isLimited ? QUOTA : -1));
  };
  try {
    mkdirSync(folder);
  } catch {
    return undefined;
  }
  try {
    limit(false);
    enter(folder);
    enter(parent);
    return { folder, parent, limit };
  } catch {
    rmdirSync(folder);
    return undefined;
  }
}

function enter(folder: string): void {
  writeFileSync(join(folder, 'cgroup.procs'), String(process.pid));
}

const group = makeGroup();
const withQuota = onlyWhere(group !== undefined, 'control group to make with a CPU quota', test.serial);

/** In the group, which is limited once it has started. */
async function zooIn({ folder, parent, limit }: Group, t: ExecutionContext): Promise<Zoo> {
  limit(false);
  enter(folder);
  // A child is born where its parent is.
  const zoo = await Zoo.start({ env: { LOADLINE_STALL_THRESHOLD: '500' } }).finally(() => enter(parent));
  t.teardown(() => zoo.stop());
  limit(true);
  return zoo;
}

test.after.always(async () => {
  if (!group) return;
  // It can be removed when nobody is in it any more.
  const members = () => readFileSync(join(group.folder, 'cgroup.procs'), 'latin1');
  await until(() => members() === '');
  rmdirSync(group.folder);
});

withQuota(
  'Work that is no stall by itself and takes long by a quota is starved by it, and blamed on nothing',
  async (t) => {
    const zoo = await zooIn(group!, t);
    const before = (await zoo.findings())[0]?.id ?? 0;
    let found: Stalled[] = [];
    await zoo.get('/graph?ms=250');
    t.true(
      await until(async () => {
        found = (await zoo.findings()).filter(({ id }) => id > before);
        return found.some(({ kind, until: end }) => kind === 'starved' && end !== null);
      }),
      JSON.stringify(found),
    );
    t.log(found.map(({ title }) => title));
    const starved = found.find(({ kind }) => kind === 'starved')!;
    t.is(starved.evidence.cause, 'quota', JSON.stringify(starved));
    const { throttled, duration } = starved.evidence as unknown as { throttled: number; duration: number };
    t.true(duration >= 1 && throttled > duration / 4, `${throttled} of ${duration} s`);
    t.false('culprit' in starved.evidence);
    t.deepEqual(
      found.filter(({ kind }) => kind === 'stall'),
      [],
    );
  },
);

withQuota(
  'Work that would be a stall anywhere is one in a container with a quota as well, and the function is named',
  async (t) => {
    const zoo = await zooIn(group!, t);
    const { during, after } = await zoo.hang('/graph?ms=1500', ({ kind }) => kind === 'stall');
    t.is(during?.kind, 'stall', after?.title);
    t.is(after?.evidence.culprit?.function, 'buildRevisionGraph', after?.title);
    const { throttled } = after!.evidence as unknown as { throttled: number };
    t.true(throttled > 0.5, `${throttled} s`);
  },
);
