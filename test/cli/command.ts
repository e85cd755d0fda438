/** Runs the built `loadline` command as a real process. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const CLI = fileURLToPath(new URL('../../../lib/src/cli/loadline.js', import.meta.url));
export const REGISTER = fileURLToPath(new URL('../../../lib/src/register.cjs', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** What stdout said so far. */
  output(): string;
  /** Resolves as soon as stdout contains `text`; rejects when the process ended before. */
  said(text: string): Promise<void>;
}

/** An environment in which the agent takes any free port, without what the test's own environment sets. */
function environment(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _options, NODE_V8_COVERAGE: _coverage, ...rest } = process.env;
  return { ...rest, OTEL_EXPORTER_PROMETHEUS_PORT: '0', ...extra };
}

export function start(command: string, args: readonly string[], options: SpawnOptions = {}): Running {
  const child = spawn(command, args, { ...options, stdio: 'pipe', env: environment(options.env) });
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout!.on('data', (chunk) => output.push(chunk));
  child.stderr!.on('data', (chunk) => errors.push(chunk));
  child.stdin!.on('error', () => child.stdin!.destroy());
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve({ code, signal, stdout: Buffer.concat(output), stderr: Buffer.concat(errors) });
    });
  });
  return {
    child,
    ended,
    output: () => Buffer.concat(output).toString(),
    said: (text) =>
      new Promise((resolve, reject) => {
        const look = () => Buffer.concat(output).includes(text) && resolve();
        child.stdout!.on('data', look);
        child.once('close', () => reject(new Error(`ended without saying ${text}: ${Buffer.concat(errors)}`)));
        look();
      }),
  };
}

/** The command with `args`, from start to end. */
export function loadline(args: readonly string[], options: SpawnOptions & { input?: Buffer } = {}): Promise<Ended> {
  const running = start(process.execPath, [CLI, ...args], options);
  running.child.stdin!.end(options.input);
  return running.ended;
}

/** A folder of its own with these files. */
export function folder(files: Readonly<Record<string, string>>): string {
  const path = mkdtempSync(join(tmpdir(), 'loadline cli ü-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return path;
}
