/** A real terminal without a screen: tmux, with a server and a socket of its own. */
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Owner, temporaryFolder } from './child.ts';
import { need } from './packages.ts';

/** ms until what a test waits for must be on the screen. */
const LIMIT = 30_000;

export interface Tmux {
  /** The lines of the screen, without blanks at their ends; as many as it has rows. With `colours`: with their SGR codes. */
  screen(how?: 'plain' | 'colours'): Promise<readonly string[]>;
  /** Resolves with the screen as soon as it is so; rejects with what it showed last. */
  until(isSo: (lines: readonly string[], text: string) => boolean, what?: string): Promise<readonly string[]>;
  /** Keys by tmux' names: `q`, `Tab`, `C-c`, `PageDown`. */
  press(...keys: string[]): Promise<void>;
  /** Types a text and Enter. */
  type(line: string): Promise<void>;
  resize(columns: number, rows: number): Promise<void>;
  /** A tmux variable of the pane, such as `alternate_on`. */
  state(name: string): Promise<string>;
  /** Everything that is written to the terminal from now on goes to this file, too. */
  record(file: string): Promise<void>;
}

/** A shell (`sh`) in a terminal of this size. `env`: of the shell, besides PATH, HOME and UTF-8. */
export async function startTmux(
  owner: Owner,
  columns: number,
  rows: number,
  env: NodeJS.ProcessEnv = {},
): Promise<Tmux> {
  const folder = temporaryFolder('tmux');
  const all = { PATH: process.env.PATH, HOME: folder, SHELL: '/bin/sh', LC_ALL: 'C.UTF-8', PS1: '$ ', ...env };
  const run = async (...args: string[]) => {
    const options = ['-u', '-S', join(folder, 'socket'), '-f', '/dev/null'];
    return (await promisify(execFile)(need('tmux'), [...options, ...args], { env: all })).stdout;
  };
  owner.teardown(async () => {
    await run('kill-server').catch(() => 'it has ended');
    rmSync(folder, { recursive: true, force: true });
  });
  await run('new-session', '-d', '-x', `${columns}`, '-y', `${rows}`, '/bin/sh -i');
  const screen = async (how = 'plain') => {
    const text = await run('capture-pane', '-p', ...(how === 'plain' ? [] : ['-e']));
    return text
      .replace(/\n$/, '')
      .split('\n')
      .map((line) => line.trimEnd());
  };
  return {
    screen,
    async until(isSo, what = '') {
      for (const end = Date.now() + LIMIT; ; await sleep(50)) {
        const lines = await screen();
        if (isSo(lines, lines.join('\n'))) return lines;
        if (Date.now() > end) throw new Error(`never on the screen: ${what}\n${lines.join('\n')}`);
      }
    },
    async press(...keys) {
      await run('send-keys', ...keys);
    },
    async type(line) {
      await run('send-keys', '-l', line);
      await run('send-keys', 'Enter');
    },
    async resize(width, height) {
      await run('resize-window', '-x', `${width}`, '-y', `${height}`);
    },
    state: async (name) => (await run('display-message', '-p', `#{${name}}`)).trim(),
    async record(file) {
      await run('pipe-pane', `cat > '${file}'`);
    },
  };
}
