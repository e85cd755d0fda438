/** An OTLP backend as a real process, which can be killed and started again on its port. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Child, launch, type Owner, temporaryFolder } from './child.ts';
import type { OtlpContent } from './otlp-model.ts';
import { accepts, freePort } from './ports.ts';

export type Taken = Pick<OtlpContent, 'series' | 'problems'>;

export interface OtlpBackend {
  readonly port: number;
  readonly url: string;
  /** All requests that it has taken since the first start, oldest first. */
  taken(): readonly Taken[];
  /** SIGKILL. */
  kill(): Promise<void>;
  /** After a `kill`, on the same port. */
  restart(): Promise<void>;
}

const FILE = fileURLToPath(new URL('../fixtures/otlp-backend.js', import.meta.url));

export async function startOtlpBackend(owner: Owner): Promise<OtlpBackend> {
  const port = await freePort();
  const folder = temporaryFolder('otlp-taken');
  owner.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'taken');
  let child = await run(owner, port, file);
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    taken: () => linesOf<Taken>(file),
    async kill() {
      process.kill(child.pid, 'SIGKILL');
      await child.stop();
    },
    async restart() {
      child = await run(owner, port, file);
    },
  };
}

function run(owner: Owner, port: number, file: string): Promise<Child> {
  return launch(owner, {
    name: 'otlp-backend',
    command: process.execPath,
    args: [FILE],
    folder: temporaryFolder('otlp-backend'),
    env: { ...process.env, PORT: String(port), TAKEN: file },
    ready: () => accepts(port),
  });
}

/** Of a file with one JSON value a line; nothing of one that is not there yet. */
export function linesOf<T>(file: string): T[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as T);
}
