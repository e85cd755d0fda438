/** A server as a child process: started, waited for, stopped whatever happens, its output kept to show on failure. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';

/** ms until a server must be ready. */
const READY_LIMIT = 30_000;
/** ms between two looks. */
const LOOK = 50;
/** ms from SIGTERM to SIGKILL. */
const TERM_LIMIT = 5000;
/** Characters of a log that a failure shows. */
const SHOWN = 4000;

/** The test that a server belongs to, and ends with. */
export type Owner = Pick<ExecutionContext, 'teardown' | 'log' | 'passed'>;

export interface ChildOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Temporary, from `temporaryFolder`; gone after the stop. */
  readonly folder: string;
  readonly env?: NodeJS.ProcessEnv;
  ready(): Promise<boolean>;
}

export interface Child {
  readonly pid: number;
  /** What it wrote to stdout and stderr, and to `error.log` in its folder. */
  log(): string;
  /** SIGTERM, then SIGKILL, to it and its children. Idempotent. */
  stop(): Promise<void>;
}

/** Process groups that must not outlive this process, however it ends. */
const groups = new Set<number>();
process.once('exit', killAll);
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));

/** Readable by the users that servers change to. */
export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `loadline-${name}-`));
  chmodSync(folder, 0o755);
  return folder;
}

/** @throws with the log when the server ends or is not ready in 30 s. */
export async function launch(owner: Owner, options: ChildOptions): Promise<Child> {
  const { name, command, args, folder, env } = options;
  const output = openSync(join(folder, 'output'), 'a');
  // A group of its own: servers have children of their own, and all have to go.
  const child = spawn(command, args, { stdio: ['ignore', output, output], env, detached: true });
  closeSync(output);
  let ended: string | undefined;
  child.once('error', (error) => {
    ended = error.message;
  });
  child.once('exit', (code, signal) => {
    ended = `it ended with ${signal ?? `exit code ${code}`}`;
  });
  const log = () => readLog(folder);
  const stop = once(async () => {
    await end(child);
    rmSync(folder, { recursive: true, force: true });
  });
  if (child.pid !== undefined) groups.add(child.pid);
  owner.teardown(async () => {
    if (!owner.passed) owner.log(`${name}: ${log()}`);
    await stop();
  });
  const problem = await becomesReady(options, () => ended);
  if (problem !== undefined) throw new Error(`${name} did not start: ${problem}\n${log()}`);
  return { pid: child.pid!, log, stop };
}

/** Undefined, or why it does not. A port that answers is no proof while the server is gone: it may be another's. */
async function becomesReady({ ready }: ChildOptions, ended: () => string | undefined): Promise<string | undefined> {
  const limit = Date.now() + READY_LIMIT;
  while (Date.now() < limit) {
    const isReady = await ready();
    if (ended() !== undefined) return ended();
    if (isReady) return undefined;
    await sleep(LOOK);
  }
  return `it was not ready in ${READY_LIMIT / 1000} s`;
}

async function end(child: ChildProcess): Promise<void> {
  const { pid } = child;
  if (pid === undefined) return;
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  const over = isOver() ? Promise.resolve() : new Promise<void>((resolve) => child.once('exit', () => resolve()));
  signalGroup(pid, 'SIGTERM');
  const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), TERM_LIMIT);
  await over;
  clearTimeout(timer);
  signalGroup(pid, 'SIGKILL');
  groups.delete(pid);
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function killAll(): void {
  for (const pid of groups) signalGroup(pid, 'SIGKILL');
}

function readLog(folder: string): string {
  const files = ['output', 'error.log'].map((file) => join(folder, file)).filter((file) => existsSync(file));
  return files.map((file) => readFileSync(file, 'utf8').slice(-SHOWN)).join('\n');
}

function once<T>(run: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= run();
    return result;
  };
}
