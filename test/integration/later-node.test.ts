/** What Node.js has only since a later line than the oldest one supported. */
import { PRELOAD, program } from '../reporter/app.ts';
import { LATER_NODE, withLaterNode } from '../support/later-node.ts';
import { freePort } from '../support/ports.ts';

withLaterNode('With reusePort two queues of one process and port are shown as one', async (t) => {
  const { said, stderr } = await program(
    `
    const port = ${await freePort()};
    for (const backlog of [10, 20]) {
      await new Promise((resolve) => createServer().listen({ port, host: '127.0.0.1', reusePort: true, backlog }, resolve));
    }
    const url = await start().ready;
    await sleep(1200);
    const found = await read(url);
    say(found['loadline_listen_limit{server_port="' + port + '"}']);
    say(found['loadline_listen_queue{server_port="' + port + '"}']);
    process.exit();
    `,
    PRELOAD,
    {},
    LATER_NODE,
  );
  t.deepEqual(said, [30, 0], stderr);
});

withLaterNode('Where threads have names, the work of the thread pool is the pool’s', async (t) => {
  const { said, stderr } = await program(
    `
    import { pbkdf2 } from 'node:crypto';
    const url = await start().ready;
    const pool = async () => (await read(url))['loadline_thread_cpu_time_seconds_total{thread="pool"}'] ?? 0;
    const before = await pool();
    await new Promise((resolve) => pbkdf2('a', 'b', 500_000, 64, 'sha512', resolve));
    say(await until(async () => (await pool()) - before > 0.02));
    process.exit();
    `,
    [],
    {},
    LATER_NODE,
  );
  t.deepEqual(said, [true], stderr);
});
