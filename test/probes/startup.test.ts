import test from 'ava';
import { startupPhases } from '../../src/probes/startup.ts';
import { PRELOAD, program } from '../reporter/app.ts';

test('Phases that are over add up to the time from the start of the process to the last of them', (t) => {
  const marks = { agentBegin: 20, agentEnd: 26, listenCalled: 140, listening: 145, firstResponse: 1145 };
  const phases = startupPhases(marks, 30);
  t.deepEqual([...phases.keys()], ['node', 'agent', 'load', 'listen', 'first_response']);
  const total = [...phases.values()].reduce((a, b) => a + b);
  t.true(Math.abs(total - 1.145) < 1e-9, `${total}`);
  t.is(phases.get('agent'), 0.006);
  t.is(phases.get('node'), 0.024);
});

test('Phases that are not reached are absent, and none is negative', (t) => {
  t.deepEqual(
    [...startupPhases({}, 30)],
    [
      ['node', 0.03],
      ['agent', 0],
    ],
  );
  t.deepEqual(
    [...startupPhases({ agentBegin: 5, agentEnd: 7, listenCalled: 40 }, 30).keys()],
    ['node', 'agent', 'load'],
  );
  const odd = startupPhases({ agentBegin: 50, agentEnd: 60, listenCalled: 20, listening: 10, firstResponse: 5 }, 30);
  t.true([...odd.values()].every((seconds) => seconds >= 0));
});

test('A real process tells its phases up to its first response', async (t) => {
  const { said, stderr } = await program(
    `
    const until150 = performance.now() + 150;
    while (performance.now() < until150);
    const server = createServer((request, response) => response.end('fine'));
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = await start().ready;
    const phases = async () => {
      const values = Object.entries(await read(url)).map(([key, value]) => [/^loadline_startup_time_seconds\\{phase="(\\w+)"/.exec(key)?.[1], value]);
      return Object.fromEntries(values.filter(([phase]) => phase));
    };
    const early = await until(async () => { const found = await phases(); return found.listen !== undefined && found; });
    say('first_response' in early);
    await sleep(300);
    await (await fetch('http://127.0.0.1:' + server.address().port, { headers: { connection: 'close' } })).text();
    say(await until(async () => { const found = await phases(); return 'first_response' in found && found; }));
    say(performance.now() / 1e3);
    server.close();
    `,
    PRELOAD,
  );
  t.is(said[0], false, stderr);
  const phases = said[1] as Record<string, number>;
  t.deepEqual(Object.keys(phases).sort(), ['agent', 'first_response', 'listen', 'load', 'node']);
  t.true(phases.load! >= 0.15 && phases.first_response! >= 0.3, JSON.stringify(phases));
  const total = Object.values(phases).reduce((a, b) => a + b);
  t.true(total > 0.45 && total < (said[2] as number), JSON.stringify(said));
});
