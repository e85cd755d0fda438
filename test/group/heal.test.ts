/** The place where a group meets vanishes, or two processes lead at once: the group heals, and nothing that was counted is lost. */
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type Metrics, risingSamples } from '../support/metrics-text.ts';
import { onlyWhere } from '../support/only-where.ts';
import { alive, COUNT, type Member, PROCESSES, type Service, service, startAll, until } from './processes.ts';

// One after the other: each is many processes.
const onUnix = onlyWhere(process.platform !== 'win32', 'Unix sockets', test.serial);

/** What is said while two processes lead. */
const SPLIT = /ERR_LOADLINE_PORT_IN_USE|stopped|ended without a word/;

function folderOf(shop: Service): string {
  return join(shop.folder, 'loadline');
}

function socketOf(shop: Service): string | undefined {
  const name = readdirSync(folderOf(shop)).find((each) => each.endsWith('.sock'));
  return name && join(folderOf(shop), name);
}

/** Scrapes all the time; what falls from one to the next is a failure. Call it to stop. */
function watchCounters(t: ExecutionContext, shop: Service): () => Promise<void> {
  let isOver = false;
  let last: ReadonlyMap<string, number> = new Map();
  const fallen = (after: Metrics) => {
    const now = risingSamples(after);
    const names = [...last].filter(([name, value]) => !((now.get(name) ?? Number.NaN) >= value));
    last = now;
    return names.map(([name, value]) => `${name}: ${value} → ${now.get(name)}`);
  };
  const watching = (async () => {
    while (!isOver) {
      const metrics = await shop.scrape().catch(() => undefined);
      if (metrics) t.deepEqual(fallen(metrics), []);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  return async () => {
    isOver = true;
    await watching;
  };
}

/** Lines that say more than what was done to the processes. */
function unexpected(members: readonly Member[], allowed?: RegExp): string[] {
  return members.flatMap((member) => member.lines()).filter((line) => allowed?.test(line) !== true);
}

/** Three processes that have counted five requests each, the first of which leads; `stop` ends the watch over counters. */
async function three(t: ExecutionContext) {
  const shop = await service(t);
  const members = await startAll(shop, 3);
  await Promise.all(members.map((member) => member.get('/', 5)));
  await shop.until((metrics) => metrics.sum(COUNT) === 15, 'fifteen requests');
  return { shop, members, stop: watchCounters(t, shop) };
}

/** The leader is stopped, so that it does not see its socket go, and another process leads. */
async function rivalOf(shop: Service, leader: Member): Promise<Member> {
  leader.child.kill('SIGSTOP');
  rmSync(socketOf(shop)!);
  return shop.start();
}

for (const [what, remove] of [
  ['socket file', (shop: Service) => rmSync(socketOf(shop)!)],
  ['whole folder', (shop: Service) => rmSync(folderOf(shop), { recursive: true })],
] as const) {
  onUnix(`the ${what} vanishes while the group lives: it is made again, and who starts then joins`, async (t) => {
    const shop = await service(t);
    const members = await startAll(shop, 2);
    await Promise.all(members.map((member) => member.get('/', 5)));
    await shop.until((metrics) => metrics.sum(COUNT) === 10, 'ten requests');
    const stop = watchCounters(t, shop);
    remove(shop);
    await until(() => socketOf(shop), 'a new socket');
    t.is(statSync(folderOf(shop)).mode & 0o777, 0o700);
    const late = await shop.start();
    await late.get('/', 5);
    await shop.until((each) => alive(each) === 3 && each.sum(COUNT) === 15, 'three processes, fifteen requests');
    await stop();
    t.deepEqual(unexpected([...members, late]), []);
  });

  onUnix(`the ${what} vanishes and the leader is killed at the same moment: another one takes over`, async (t) => {
    const { shop, members, stop } = await three(t);
    remove(shop);
    await members[0]!.kill();
    const metrics = await shop.until((each) => alive(each) === 2, 'two processes');
    t.is(metrics.sum(COUNT), 15);
    await stop();
    t.deepEqual(unexpected(members, /ended without a word/), []);
  });
}

onUnix(
  'a process that starts in the moment in which there is no socket leads; the one that led joins it',
  async (t) => {
    const { shop, members, stop } = await three(t);
    const rival = await rivalOf(shop, members[0]!);
    await until(() => socketOf(shop), 'a new socket');
    members[0]!.child.kill('SIGCONT');
    await rival.get('/', 5);
    const metrics = await shop.until((each) => alive(each) === 4 && each.sum(COUNT) === 20, 'four processes');
    t.is(metrics.sum(PROCESSES, { state: 'dead' }), 0);
    await stop();
    t.deepEqual(unexpected([...members, rival], SPLIT), []);
  },
);

onUnix('a leader that was stopped until others follow another one steps down when it goes on', async (t) => {
  const { shop, members, stop } = await three(t);
  const rival = await rivalOf(shop, members[0]!);
  // The others notice that their leader is silent and that somebody else leads.
  await until(() => members[1]!.lines().some((line) => line.includes('is stopped')), 'a line');
  await Promise.all([rival, members[1]!, members[2]!].map((member) => member.get('/', 5)));
  await new Promise((resolve) => setTimeout(resolve, 3000));
  members[0]!.child.kill('SIGCONT');
  await shop.until((each) => alive(each) === 4 && each.sum(COUNT) === 30, 'four processes, thirty requests');
  await members[0]!.get('/', 5);
  await shop.until((each) => each.sum(COUNT) === 35, 'what it counts is shown');
  await rival.kill();
  const metrics = await shop.until((each) => alive(each) === 3, 'another takeover');
  t.is(metrics.sum(COUNT), 35);
  await stop();
  t.deepEqual(unexpected([...members, rival], SPLIT), []);
});

onUnix(
  'a leader that is killed after others follow another one: what it counted stays, and its port is had',
  async (t) => {
    const { shop, members, stop } = await three(t);
    const rival = await rivalOf(shop, members[0]!);
    await until(() => members[1]!.lines().some((line) => line.includes('is stopped')), 'a line');
    await new Promise((resolve) => setTimeout(resolve, 3000));
    await members[0]!.kill();
    await rival.get('/', 5);
    await shop.until((each) => alive(each) === 3 && each.sum(COUNT) === 20, 'three processes, twenty requests');
    await stop();
    t.deepEqual(unexpected([...members, rival], SPLIT), []);
  },
);
