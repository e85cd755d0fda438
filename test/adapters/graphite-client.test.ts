import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { copyOfPackage, program } from '../reporter/app.ts';
import { DEPTH, drive, interval } from './graphite-harness.ts';
import { becomes, isReset, peer } from './graphite-peer.ts';

test.serial(
  'a clean close of the npm client ends the connection and takes nothing back, even from a peer that talks',
  async (t) => {
    let text = '';
    const { url, sockets } = await peer(t, 0, (socket) => {
      // More than the client's side reads by itself.
      socket.pause().write('x'.repeat(1_000_000));
    });
    const graphite = await drive(t, { url, transport: 'graphite' });
    await graphite.push(interval(1000, [[DEPTH, 1]]));
    await graphite.close(20_000);
    await sleep(50);
    const socket = [...sockets].at(-1)!;
    t.false(await isReset(socket));
    socket.on('data', (data) => {
      text += data;
    });
    socket.resume();
    await becomes(() => text !== '');
    t.regex(text, / 1 1000\n$/);
    t.deepEqual(graphite.counts, { sent: 1, failed: 0, dropped: 0, unknown: 0, spooled: 0 });
  },
);

test.serial('a close that is late breaks the connection, so that nothing is left open', async (t) => {
  const { url, sockets } = await peer(t, 0, (socket) => socket.pause());
  const graphite = await drive(t, { url, transport: 'graphite', spoolBytes: 20_000_000 });
  for (let i = 0; i < 6; i++) {
    await graphite.push(
      interval(
        1000 + i,
        Array.from({ length: 20_000 }, (_, each) => [DEPTH, each, { each }]),
      ),
    );
  }
  await becomes(() => sockets.size > 0);
  await graphite.close(100);
  const socket = [...sockets].at(-1)!;
  let ended = false;
  socket.resume().once('close', () => {
    ended = true;
  });
  await becomes(() => ended);
  t.true(ended);
  t.is(graphite.counts.spooled, 0);
});

test.serial('without the package one line names the command that installs it, and the app goes on', async (t) => {
  const folder = copyOfPackage();
  t.teardown(() => rmSync(folder, { recursive: true }));
  const { code, lines, said } = await program(
    `
    const { start: startThere } = await import(${JSON.stringify(join(folder, 'src/index.js'))});
    const agent = startThere({ adapters: ['graphite', 'prometheus'] });
    const url = await agent.ready;
    say(typeof url);
    await agent.stop();
  `,
    [],
    { LOADLINE_GRAPHITE_TRANSPORT: 'graphite' },
  );
  t.is(code, 0);
  t.deepEqual(said, ['string']);
  t.deepEqual(lines, [
    'loadline: adapter graphite needs the package graphite, which is not installed: run npm install graphite; ' +
      'the other adapters go on [ERR_LOADLINE_ADAPTER_PEER]',
  ]);
});
