/** Starts a built example as a real process and waits until it listens. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const DIST = new URL('../../', import.meta.url);

export interface Example {
  readonly url: string;
  readonly child: ChildProcess;
  /** What it wrote to stderr so far. */
  errors(): string;
  /** SIGTERM; resolves with its exit code and signal. */
  stop(): Promise<readonly [number | null, NodeJS.Signals | null]>;
}

export interface ExampleOptions {
  /** Node's own options, before the script. */
  readonly execArgv?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** `name` is a folder of `examples/`. */
export async function startExample(name: string, { execArgv = [], env = {} }: ExampleOptions = {}): Promise<Example> {
  const main = fileURLToPath(new URL(`examples/${name}/main.js`, DIST));
  const { NODE_OPTIONS: _options, NODE_V8_COVERAGE: _coverage, ...inherited } = process.env;
  const child = spawn(process.execPath, [...execArgv, main], {
    env: { ...inherited, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const errors: Buffer[] = [];
  child.stderr.on('data', (chunk) => errors.push(chunk));
  const exit = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const match = /^listening on (http:\/\/127\.0\.0\.1:\d+)$/.exec(line);
      if (match) resolve(match[1]!);
    });
    child.once('close', (code) => reject(new Error(`${name} ended with ${code}: ${Buffer.concat(errors)}`)));
  });
  return {
    url,
    child,
    errors: () => Buffer.concat(errors).toString(),
    stop: () => {
      child.kill('SIGTERM');
      return exit;
    },
  };
}
