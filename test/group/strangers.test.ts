/** Whatever is at the socket or connects to it: the processes of a service go on, and say what is wrong. */
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { toFrame } from '../../src/group/frames.ts';
import { onlyWhere } from '../support/only-where.ts';
import { alive, COUNT, type Service, service, startAll, until } from './processes.ts';

const onUnix = onlyWhere(process.platform !== 'win32', 'Unix sockets');
const asRoot = onlyWhere(process.platform !== 'win32' && process.geteuid?.() === 0, 'root');

function folderOf(shop: Service): string {
  return join(shop.folder, 'loadline');
}

/** The path at which the service meets: known once it has. */
async function socketOf(shop: Service): Promise<string> {
  const name = await until(() => readdirSync(folderOf(shop)).find((each) => each.endsWith('.sock')), 'a socket');
  return join(folderOf(shop), name);
}

/** The same path while nobody of the service runs. */
async function freeSocketOf(shop: Service): Promise<string> {
  const first = await shop.start();
  await shop.until(() => true, 'it serves');
  const path = await socketOf(shop);
  await first.kill();
  rmSync(path);
  return path;
}

async function listen(t: ExecutionContext, path: string, onConnection: (socket: Socket) => void): Promise<Server> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    onConnection(socket);
  });
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await once(server.listen(path), 'listening');
  return server;
}

async function saysAndServes(t: ExecutionContext, shop: Service, code: string): Promise<void> {
  const member = await shop.start();
  const line = await until(() => member.lines().find((each) => each.includes(code)), `a line with ${code}`);
  t.false(line.includes('undefined'), line);
  await member.get('/', 2);
  t.is((await shop.until((metrics) => metrics.sum(COUNT) === 2, 'it serves by itself')).sum(COUNT), 2);
  t.is(member.lines().length, 1, member.lines().join('\n'));
}

onUnix('a folder that others may enter is not used', async (t) => {
  const shop = await service(t);
  mkdirSync(folderOf(shop));
  chmodSync(folderOf(shop), 0o755);
  await saysAndServes(t, shop, 'ERR_LOADLINE_GROUP_DIRECTORY');
  t.deepEqual(readdirSync(folderOf(shop)), []);
});

onUnix('a link to a folder is not used', async (t) => {
  const shop = await service(t);
  const elsewhere = join(shop.folder, 'elsewhere');
  mkdirSync(elsewhere, { mode: 0o700 });
  symlinkSync(elsewhere, folderOf(shop));
  await saysAndServes(t, shop, 'ERR_LOADLINE_GROUP_DIRECTORY');
  t.deepEqual(readdirSync(elsewhere), []);
});

onUnix('a file in the place of the folder is not used', async (t) => {
  const shop = await service(t);
  writeFileSync(folderOf(shop), 'mine');
  await saysAndServes(t, shop, 'ERR_LOADLINE_GROUP_DIRECTORY');
});

for (const [what, make] of Object.entries({
  file: (path: string) => writeFileSync(path, 'mine'),
  folder: (path: string) => mkdirSync(path),
  link: (path: string) => symlinkSync('/dev/null', path),
})) {
  onUnix(`a ${what} at the socket's path stays, and is said`, async (t) => {
    const shop = await service(t);
    make(await freeSocketOf(shop));
    await saysAndServes(t, shop, 'ERR_LOADLINE_GROUP_SOCKET');
  });
}

for (const [what, bytes] of Object.entries({
  'text of another protocol': Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'),
  'a frame of 4 GB': Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]),
  'a message of no type': toFrame({ type: 'nonsense' }),
  'numbers before the welcome': toFrame({ type: 'values', time: 1 }, Buffer.from('[]')),
  'a welcome of another shape': toFrame({ type: 'welcome', slot: 'first' }),
})) {
  onUnix(`a process at the socket that answers with ${what} is no leader`, async (t) => {
    const shop = await service(t);
    await listen(t, await freeSocketOf(shop), (socket) => socket.write(bytes));
    await saysAndServes(t, shop, 'ERR_LOADLINE_GROUP_PEER');
  });
}

onUnix('a leader of another protocol: the one that came says so, and serves nothing', async (t) => {
  const shop = await service(t);
  const refusal = toFrame({ type: 'refused', protocol: 99, version: '9.9.9', reason: 'protocol' });
  await listen(t, await freeSocketOf(shop), (socket) => socket.end(refusal));
  const member = await shop.start();
  const line = await until(() => member.lines()[0], 'a line');
  t.regex(line, /9\.9\.9.*ERR_LOADLINE_GROUP_VERSION/);
  await t.throwsAsync(shop.scrape());
  await member.get('/', 2);
  t.is(member.lines().length, 1);
});

onUnix('a leader refuses who speaks another protocol, and goes on', async (t) => {
  const shop = await service(t);
  await startAll(shop, 2);
  const socket = connect(await socketOf(shop));
  t.teardown(() => socket.destroy());
  socket.write(toFrame({ type: 'hello', protocol: 99, anything: 'else' }));
  const [answer] = (await once(socket, 'data')) as [Buffer];
  t.regex(answer.toString(), /"type":"refused","protocol":1/);
  await once(socket, 'close');
  t.is(alive(await shop.scrape()), 2);
});

onUnix('whatever connects to a leader, it serves on and its members stay', async (t) => {
  const shop = await service(t);
  const [first, second] = await startAll(shop, 2);
  const path = await socketOf(shop);
  const attack = (...chunks: (Buffer | string)[]) => {
    const socket = connect(path);
    socket.on('error', () => socket.destroy());
    t.teardown(() => socket.destroy());
    for (const chunk of chunks) socket.write(chunk);
    socket.resume();
    return socket;
  };
  const hello = {
    ...{ type: 'hello', protocol: 1, version: '1', key: '1.1', pid: process.pid, resource: {}, roster: [] },
  };
  attack('GET / HTTP/1.1\r\n\r\n');
  attack(Buffer.from([0xff, 0xff, 0xff, 0xff]));
  attack(toFrame({ type: 'hello' }));
  attack(toFrame({ ...hello, resource: { a: { b: 1 } } }));
  attack(toFrame({ ...hello, roster: [{ slot: -1 }] }));
  attack(toFrame({ type: 'beat' }));
  attack(Buffer.from([0, 0, 0, 200, 0]));
  for (let i = 0; i < 50; i++) attack();
  const liar = attack(toFrame(hello), toFrame({ type: 'values', time: Date.now() }, Buffer.from('no metrics')));
  await shop.until((metrics) => alive(metrics) === 3, 'a third process, that lies');
  await Promise.all([first!.get('/', 3), second!.get('/', 4)]);
  await shop.until((metrics) => metrics.sum(COUNT) === 7, 'seven requests');
  liar.write(toFrame({ type: 'values', time: 'now' }));
  await once(liar, 'close');
  await shop.until((metrics) => alive(metrics) === 2, 'the liar is cut off');
  t.is((await shop.scrape()).sum(COUNT), 7);
  t.true(first!.lines().every((line) => line.includes('ERR_LOADLINE_GROUP_PEER') || line.includes('worker 3')));
});

onUnix('two services at one port do not mix, and the one that came later says that the port is taken', async (t) => {
  const shop = await service(t);
  const [first] = await startAll(shop, 1);
  const other = await shop.start({ env: { OTEL_SERVICE_NAME: 'other' } });
  await until(() => other.lines().some((line) => line.includes('ERR_LOADLINE_PORT_IN_USE')), 'a line');
  await Promise.all([first!.get('/', 2), other.get('/', 5)]);
  t.is((await shop.scrape()).sum(COUNT), 2);
  t.is(alive(await shop.scrape()), Number.NaN);
});

asRoot('two users do not mix, whatever folder they are told', async (t) => {
  const shop = await service(t);
  const [first] = await startAll(shop, 1);
  const env = { TMPDIR: shop.folder };
  chmodSync(shop.folder, 0o755);
  const other = await shop.start({ uid: 65_534, env });
  await until(() => other.lines().length > 0, 'a line');
  t.regex(other.lines()[0]!, /ERR_LOADLINE_GROUP_DIRECTORY|ERR_LOADLINE_PORT_IN_USE/);
  await Promise.all([first!.get('/', 2), other.get('/', 5)]);
  t.is((await shop.scrape()).sum(COUNT), 2);
});
