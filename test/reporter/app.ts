/** Real processes with the agent in them: programs as text, run by this node. */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export { freePort } from '../support/ports.ts';

/** The package as users get it, bundled. */
const LIB = fileURLToPath(new URL('../../../lib/', import.meta.url));
export const REGISTER = join(LIB, 'src/register.cjs');
/** Flags that preload the agent. */
export const PRELOAD: readonly string[] = ['--require', REGISTER];
/** How long a program may run, in ms: of a machine that is busy with other things, too. */
const LIMIT = 45_000;
/** Programs at once, so that the tests of a file, which run at once, leave each other room. */
const AT_ONCE = 3;
let running = 0;
const waiting: (() => void)[] = [];

/** What every program has at hand: the package, `read(url)` → sample → value, and `say(value)`. */
const PRELUDE = `
  import { Worker } from 'node:worker_threads';
  import { createServer } from 'node:http';
  import { setTimeout as sleep } from 'node:timers/promises';
  import { start, stop, counter, gauge, register } from ${JSON.stringify(join(LIB, 'src/index.js'))};
  const INDEX = ${JSON.stringify(join(LIB, 'src/index.js'))};
  const say = (value) => process.stdout.write(JSON.stringify(value) + '\\n');
  const parse = (line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))];
  const read = async (url) => {
    const text = await (await fetch(url + '/metrics', { headers: { connection: 'close' } })).text();
    return Object.fromEntries(text.split('\\n').filter((line) => line && line[0] !== '#').map(parse));
  };
  const until = async (wanted, limit = 10000) => {
    for (const end = Date.now() + limit; Date.now() < end; await sleep(20)) {
      try { const got = await wanted(); if (got) return got; } catch {}
    }
    throw new Error('waited in vain for ' + wanted);
  };
`;

export interface Run {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  readonly stdout: string;
}

export interface ProgramRun extends Run {
  /** What it said, line by line. */
  readonly said: readonly unknown[];
  /** Lines of the agent on stderr. */
  readonly lines: readonly string[];
}

/** Runs a command with nothing of the agent set in its environment but `env`. */
export async function run(command: string, args: readonly string[], env: Record<string, string> = {}): Promise<Run> {
  if (running === AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  else running++;
  try {
    return await runNow(command, args, env);
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running--;
  }
}

function runNow(command: string, args: readonly string[], env: Record<string, string>): Promise<Run> {
  const clean = Object.entries(process.env).filter(([key]) => !/^(LOADLINE|OTEL|NODE_OPTIONS|NODE_V8)/.test(key));
  const settings = { OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1', OTEL_EXPORTER_PROMETHEUS_PORT: '0' };
  const child = spawn(command, args, { env: { ...Object.fromEntries(clean), ...settings, ...env } });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT);
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      clearTimeout(limit);
      resolve({ code, signal, stderr, stdout });
    });
  });
}

/** What node is called with to run a program (ES module text) that has the prelude. */
export function programArguments(body: string, flags: readonly string[] = []): string[] {
  return [...flags, '--input-type=module', '--eval', PRELUDE + body];
}

/** Runs a program. */
export async function program(
  body: string,
  flags: readonly string[] = [],
  env: Record<string, string> = {},
  node = process.execPath,
): Promise<ProgramRun> {
  const ended = await run(node, programArguments(body, flags), env);
  const said = ended.stdout.split('\n').filter(Boolean);
  const lines = ended.stderr.split('\n').filter((line) => line.startsWith('loadline: '));
  return { ...ended, said: said.map((line) => JSON.parse(line)), lines };
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'loadline-'));
}

/** A second copy of the built package; returns its `dist`-like folder. */
export function copyOfPackage(): string {
  const folder = temporaryFolder();
  for (const part of ['src', 'adapters']) cpSync(join(LIB, part), join(folder, part), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"type":"module","name":"loadline","version":"0.1.0"}');
  return folder;
}
