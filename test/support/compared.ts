/** One program run twice as a real process, with and without the agent: what the two did is to be the same. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';

const PRELOAD = fileURLToPath(new URL('../../../lib/src/register.cjs', import.meta.url));
const ROOT = fileURLToPath(new URL('../../../package.json', import.meta.url));

/**
 * What every program finds: `load` requires from this package's folder, `serve` listens and tells the port, `settled`
 * calls back once an agent, if there is one, has had the time to start, and tells whether one runs.
 */
const PRELUDE = `
const http = require('node:http');
const { writeSync } = require('node:fs');
const load = require('node:module').createRequire(${JSON.stringify(ROOT)});
const serve = (server) => server.listen(0, '127.0.0.1', () => writeSync(3, 'port ' + server.address().port + '\\n'));
const { setTimeout: realTimeout } = globalThis;
const settled = (then) => realTimeout(() => {
  writeSync(3, 'agent ' + Boolean(globalThis[Symbol.for('loadline.state.v1')]?.agent) + '\\n');
  then();
}, 300);
`;

export interface Ran {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What `drive` returned. */
  readonly driven: unknown;
}

export interface Program {
  readonly source: string;
  /** Of Node, before the program. */
  readonly flags?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Talks to the program while it runs, from when it listens on. Default: lets it run. */
  drive?(port: number, kill: (signal: NodeJS.Signals) => void): Promise<unknown>;
}

interface Timed {
  readonly ran: Ran;
  readonly agent: string | undefined;
  readonly milliseconds: number;
}

/** Runs a program in both ways and compares all that can be seen of it; returns what both did. */
export async function compare(t: ExecutionContext, program: Program): Promise<Ran> {
  const folder = mkdtempSync(join(tmpdir(), 'loadline-compared-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'app.cjs');
  writeFileSync(file, PRELUDE + program.source);
  const [without, withAgent] = await inTurn(() =>
    Promise.all([run(file, [], program), run(file, ['--require', PRELOAD], program)]),
  );
  t.deepEqual(withAgent.ran, without.ran);
  t.not(without.agent, 'true');
  if (program.source.includes('settled(')) t.is(withAgent.agent, 'true', 'the agent ran');
  t.log(`${Math.round(withAgent.milliseconds - without.milliseconds)} ms longer with the agent`);
  return without.ran;
}

/** Pairs of processes at a time: more would only wait for each other. */
const AT_ONCE = 3;
let busy = 0;
const waiting: (() => void)[] = [];

async function inTurn<T>(task: () => Promise<T>): Promise<T> {
  if (busy >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  busy += 1;
  try {
    return await task();
  } finally {
    busy -= 1;
    waiting.shift()?.();
  }
}

async function run(file: string, preload: readonly string[], { flags = [], env, drive }: Program): Promise<Timed> {
  const begin = performance.now();
  const child = spawn(process.execPath, [...preload, ...flags, file], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: {
      ...cleanEnvironment(),
      OTEL_EXPORTER_PROMETHEUS_PORT: '0',
      OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
      // On a busy machine a start-up is a stall, and says so.
      LOADLINE_STALL_THRESHOLD: '60000',
      ...env,
    },
  });
  const limit = setTimeout(() => child.kill('SIGKILL'), 30_000);
  const told = child.stdio[3] as Readable;
  const port = new Promise<number>((resolve) => {
    told.on('data', (chunk) => {
      const found = /port (\d+)/.exec(String(chunk));
      if (found) resolve(Number(found[1]));
    });
    told.on('close', () => resolve(0));
  });
  const output = Promise.all([text(child.stdout!), text(child.stderr!), text(told), once(child, 'exit')]);
  const driven = await port.then((found) => drive?.(found, (signal) => void child.kill(signal)));
  const [stdout, stderr, words, [code, signal]] = await output;
  clearTimeout(limit);
  const agent = /agent (\w+)/.exec(words)?.[1];
  const masked = stderr
    .replaceAll(/\(node:\d+\)/g, '(node:PID)')
    .replaceAll(String(await port), 'PORT')
    .replaceAll(/0x[0-9a-f]+/g, 'ADDRESS');
  return { ran: { code, signal, stdout, stderr: masked, driven }, agent, milliseconds: performance.now() - begin };
}

/** Without what a test runner leaves in the environment for its own processes. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _options, NODE_V8_COVERAGE: _coverage, FORCE_COLOR: _color, ...rest } = process.env;
  return rest;
}
