import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { Link } from '../../src/group/link.ts';
import type { Message } from '../../src/group/messages.ts';
import { onlyWhere } from '../support/only-where.ts';

const onUnix = onlyWhere(process.platform !== 'win32', 'Unix sockets');

async function pair(t: ExecutionContext): Promise<[Socket, Socket]> {
  const folder = mkdtempSync(join(tmpdir(), 'll-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const server = createServer();
  t.teardown(() => server.close());
  await once(server.listen(join(folder, 's')), 'listening');
  const client = connect(join(folder, 's'));
  const [[accepted]] = (await Promise.all([once(server, 'connection'), once(client, 'connect')])) as [
    [Socket],
    unknown,
  ];
  return [client, accepted];
}

function linkOf(socket: Socket) {
  const got: Message[] = [];
  let onClosed: (problem: string | undefined) => void = () => {};
  const closed = new Promise<string | undefined>((resolve) => {
    onClosed = resolve;
  });
  const link = new Link(socket, { onMessage: (message) => got.push(message), onClose: onClosed });
  return { link, got, closed };
}

onUnix('the last words of a peer that has gone are read before anything is written to it', async (t) => {
  for (let i = 0; i < 20; i++) {
    const [client, accepted] = await pair(t);
    const near = linkOf(client);
    const far = linkOf(accepted);
    far.link.send({ type: 'roster', roster: [] });
    far.link.send({ type: 'bye', key: 'k' });
    await far.link.flushed(1000);
    far.link.close();
    // All that is in this process' way to the kernel, as a thread that got no CPU for a while finds it.
    const end = performance.now() + 5;
    while (performance.now() < end);
    near.link.send({ type: 'beat' });
    t.is(await near.closed, undefined);
    t.deepEqual(
      near.got.map(({ type }) => type),
      ['roster', 'bye'],
    );
  }
});

onUnix('who ends a link stays until its last words are read, whatever is written to it meanwhile', async (t) => {
  const [client, accepted] = await pair(t);
  const near = linkOf(client);
  const far = linkOf(accepted);
  accepted.pause();
  near.link.send({ type: 'bye', key: 'k' });
  let isOver = false;
  const over = near.link.over(10_000).then(() => {
    isOver = true;
  });
  for (let i = 0; i < 5; i++) {
    far.link.send({ type: 'beat' });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  t.false(isOver);
  accepted.resume();
  await over;
  t.deepEqual(far.got, [{ type: 'bye', key: 'k' }]);
});

onUnix('a peer that never reads is waited for no longer than that', async (t) => {
  const [client, accepted] = await pair(t);
  const near = linkOf(client);
  linkOf(accepted);
  accepted.pause();
  near.link.send({ type: 'bye', key: 'k' });
  const begin = performance.now();
  await near.link.over(100);
  t.true(performance.now() - begin >= 95);
  client.destroy();
  accepted.destroy();
});

onUnix('what is sent arrives in its order, and a peer that talks nonsense is cut off with a reason', async (t) => {
  const [client, accepted] = await pair(t);
  const near = linkOf(client);
  const far = linkOf(accepted);
  for (let number = 0; number < 100; number++) near.link.send({ type: 'pull', number });
  await near.link.flushed(1000);
  t.true(near.link.isDrained);
  accepted.write('this is no frame at all');
  t.regex((await near.closed)!, /a frame of/);
  await far.closed;
  t.deepEqual(
    far.got,
    Array.from({ length: 100 }, (_, number) => ({ type: 'pull' as const, number })),
  );
  t.false(near.link.send({ type: 'beat' }));
});

onUnix('a peer that does not read is given up before it costs much memory', async (t) => {
  const [client, accepted] = await pair(t);
  accepted.pause();
  const { link, closed } = linkOf(client);
  const body = Buffer.alloc(4 * 1024 * 1024);
  let sent = 0;
  while (link.send({ type: 'base', slot: 1, through: 1 }, body) && sent < 100) sent++;
  t.true(sent < 20, `${sent}`);
  t.is(await closed, 'it does not read');
  accepted.destroy();
});
