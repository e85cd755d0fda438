/** Tools that use the inspector themselves: a debugger that the user attached, and coverage. */
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { PRELOAD, program } from '../reporter/app.ts';
import { CdpClient } from '../support/cdp.ts';
import { freePort } from '../support/ports.ts';
import { type Stalled, until, ZOO_FILE, Zoo } from '../support/zoo.ts';

test.beforeEach((t) => t.timeout(120_000));

/** Hangs in a function with a name, once the agent serves, and ends the process in the same turn of the loop. */
const HANG_AND_EXIT = `
  const server = createServer().listen(0);
  await start().ready;
  function spinForCoverage(ms) { let n = 0; for (const end = performance.now() + ms; performance.now() < end;) n++; return n; }
  await sleep(300);
  setTimeout(() => { spinForCoverage(400); process.exit(0); }, 10);
`;

test('A debugger at a breakpoint and during a stall sees its own pauses only', async (t) => {
  const zoo = await Zoo.start({ flags: ['--inspect=127.0.0.1:0'] });
  t.teardown(() => zoo.stop());
  const client = await CdpClient.connect(/ws:\S+/.exec(zoo.stderr)![0]);
  t.teardown(() => client.close());
  await client.send('Runtime.enable');
  await client.send('Debugger.enable');
  const lineNumber =
    readFileSync(ZOO_FILE, 'utf8')
      .split('\n')
      .findIndex((line) => line.includes('function checkAccess')) + 1;
  const { breakpointId } = (await client.send('Debugger.setBreakpointByUrl', {
    urlRegex: 'zoo-app\\.js$',
    lineNumber,
  })) as { breakpointId: string };
  const paused = () => client.of('Debugger.paused');

  const answer = zoo.get('/');
  t.true(await until(() => paused().length > 0), 'the breakpoint was hit');
  let stall: Awaited<ReturnType<Zoo['findings']>>[number] | undefined;
  t.true(
    await until(async () => {
      stall = (await zoo.findings()).find(({ kind, until: end }) => kind === 'stall' && end === null);
      return stall !== undefined && stall.evidence.duration > 0.5;
    }),
  );
  t.is(stall!.evidence.stacks.missing, 'debugger');
  if (process.platform === 'linux') t.is(stall!.evidence.cause, 'debugger');
  t.is(paused().length, 1);
  t.deepEqual(paused()[0]!.params.hitBreakpoints, [breakpointId]);
  const frames = paused()[0]!.params.callFrames as { callFrameId: string; functionName: string }[];
  const { result } = (await client.send('Debugger.evaluateOnCallFrame', {
    callFrameId: frames[0]!.callFrameId,
    expression: 'user',
  })) as { result: { value: string } };
  t.is(result.value, 'somebody');
  await client.send('Debugger.removeBreakpoint', { breakpointId });
  await client.send('Debugger.resume');
  t.regex(await answer, /^\d+$/);

  const { during, after } = await zoo.hang('/graph?ms=800', ({ kind }) => kind === 'stall');
  t.is(during?.evidence.stacks.missing, 'debugger', after?.title);
  t.is(paused().length, 1);
  t.is(client.of('Debugger.resumed').length, 1);
  t.regex(await zoo.metrics(), /^loadline_watchdog_captures_total 0$/m);
});

test('NODE_V8_COVERAGE counts what ran, through stalls whose stacks are captured', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'loadline-coverage-'));
  const { code, stderr } = await program(HANG_AND_EXIT, PRELOAD, {
    NODE_V8_COVERAGE: folder,
    LOADLINE_STALL_THRESHOLD: '100',
  });
  t.is(code, 0, stderr);
  const reports = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
  const functions = reports.flatMap((report) =>
    (
      JSON.parse(report) as { result: { functions: { functionName: string; ranges: { count: number }[] }[] }[] }
    ).result.flatMap((script) => script.functions),
  );
  t.is(functions.find(({ functionName }) => functionName === 'spinForCoverage')?.ranges[0]?.count, 1);
});

test('A process that exits in the middle of a stall waits for no debugger', async (t) => {
  const runs = await Promise.all(
    Array.from({ length: 6 }, () => program(HANG_AND_EXIT, PRELOAD, { LOADLINE_STALL_THRESHOLD: '100' })),
  );
  for (const { code, stderr } of runs) t.is(code, 0, stderr);
  // One may exit between two messages of a question, on a busy machine: it says so, and does not wait (docs/decisions.md).
  const told = runs.filter(({ stderr }) => /debugger/i.test(stderr));
  t.true(told.length < runs.length / 2, told[0]?.stderr);
});

test('A debugger that comes later is noticed: no stack is captured from then on', async (t) => {
  const zoo = await Zoo.start({ env: { LOADLINE_STALL_THRESHOLD: '100' } });
  t.teardown(() => zoo.stop());
  const isRight = ({ evidence }: Stalled) => evidence.culprit?.function === 'buildRevisionGraph';
  const before = await zoo.hang('/graph?ms=1500', isRight);
  t.truthy(before.during, before.after?.title);
  zoo.child.kill('SIGUSR1');
  t.true(await until(() => /ws:\S+/.test(zoo.stderr)));
  await sleep(1500);
  const { during, after } = await zoo.hang('/graph?ms=700', ({ kind }) => kind === 'stall');
  t.is(during?.evidence.stacks.missing, 'debugger', after?.title);
});

test('A debugger that comes in the middle of a stall is noticed before the loop turns', async (t) => {
  const zoo = await Zoo.start({
    flags: [`--inspect-port=${await freePort()}`],
    env: { LOADLINE_STALL_THRESHOLD: '100' },
  });
  t.teardown(() => zoo.stop());
  const captures = async () => Number(/^loadline_watchdog_captures_total (\d+)$/m.exec(await zoo.metrics())![1]);
  const hanging = zoo.get('/graph?ms=6000');
  t.true(await until(async () => (await captures()) > 5));
  zoo.child.kill('SIGUSR1');
  t.true(await until(() => /ws:\S+/.test(zoo.stderr)));
  const client = await CdpClient.connect(/ws:\S+/.exec(zoo.stderr)![0]);
  t.teardown(() => client.close());
  const before = await captures();
  await sleep(1500);
  const [stall] = (await zoo.findings()).filter(({ kind }) => kind === 'stall');
  t.is(stall?.until, null, 'it still hangs');
  // One may have been under way.
  t.true((await captures()) <= before + 1, `${before} → ${await captures()}`);
  await client.send('Debugger.enable');
  await hanging;
  t.is(client.of('Debugger.paused').length, 0);
});
