/** `loadline top` for a reader that is no terminal: plain lines, one block for each answer. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, NoAnswer } from './ask.ts';
import type { Known } from './body.ts';
import { clean } from './clean.ts';
import { report } from './frame.ts';
import { textOf } from './line.ts';
import type { Options } from './options.ts';

/** Columns where nobody says how many there are: enough for the longest title. */
const WIDE = 400;

/** Resolves with the exit code: 1 when there is no answer. */
export async function plain(options: Options, isAscii: boolean): Promise<number> {
  const { stdout } = process;
  // Who reads has read enough, as `head` does.
  stdout.on('error', () => process.exit(0));
  for (let printed = 0; ; ) {
    const paused = sleep(options.interval);
    try {
      const known = await ask(options, options.isJson);
      stdout.write(
        options.isJson ? `${JSON.stringify(known)}\n` : block(known, stdout.columns || WIDE, isAscii, printed),
      );
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      process.stderr.write(`loadline: ${clean(error.message, isAscii)}\n`);
      return 1;
    }
    if (++printed === options.count) return 0;
    await paused;
  }
}

function block(known: Known, columns: number, isAscii: boolean, printed: number): string {
  const lines = report(known, columns, isAscii).map((line) => textOf(line).trimEnd());
  return `${printed > 0 ? '\n' : ''}${lines.join('\n')}\n`;
}
