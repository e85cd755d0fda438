/** `loadline top`: what an app does at this moment, as `top` shows processes. */
import { live } from './top/live.ts';
import { parseTop } from './top/options.ts';
import { plain } from './top/plain.ts';

/** `argv`: what stands behind `top`. Resolves with the exit code. */
export async function top(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const parsed = parseTop(argv, env);
  if ('problem' in parsed) {
    process.stderr.write(`loadline: ${parsed.problem}\n`);
    return 2;
  }
  const { options } = parsed;
  const isAscii = !speaksUtf8(env);
  const isScreen = process.stdout.isTTY && !isDumb(env) && options.count === undefined && !options.isJson;
  if (!isScreen) return plain(options, isAscii);
  await live(options, { isAscii, hasColours: !env.NO_COLOR });
  // A question may be under way, and nobody waits for its answer.
  return process.exit(0);
}

function isDumb({ TERM }: NodeJS.ProcessEnv): boolean {
  return process.platform !== 'win32' && (TERM === undefined || TERM === '' || TERM === 'dumb');
}

/** POSIX: the first of these that is set counts. */
function speaksUtf8(env: NodeJS.ProcessEnv): boolean {
  return process.platform === 'win32' || /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || '');
}
