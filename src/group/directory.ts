/** The private folder in which processes of one user meet. */
import { lstatSync, mkdirSync, type Stats } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** Bytes of a socket's path, with its final zero: 108 on Linux, 104 on macOS and BSD. */
const PATH_LIMIT = 104;
/** What a name of ours is long at most: 16 digits, a suffix of our own, `.sock`. */
const NAME_BYTES = 40;

export type Directory = { readonly path: string } | { readonly path: string; readonly problem: string };

/**
 * `$XDG_RUNTIME_DIR/loadline` where that is usable, else `<tmp>/loadline-<uid>`; made if it is missing, with mode 0700.
 * A problem when it is not ours alone. Never throws.
 */
export function privateDirectory(env: NodeJS.ProcessEnv = process.env): Directory {
  const uid = process.geteuid?.();
  if (uid === undefined) return { path: '', problem: `${process.platform} has no user ids` };
  const runtime = env.XDG_RUNTIME_DIR;
  const isUsable = runtime && isAbsolute(runtime) && problemOf(runtime) === undefined;
  const path = isUsable ? join(runtime, 'loadline') : join(env.TMPDIR || tmpdir(), `loadline-${uid}`);
  if (Buffer.byteLength(path) + NAME_BYTES > PATH_LIMIT) return { path, problem: 'its path is too long for a socket' };
  const problem = makePrivate(path);
  return problem === undefined ? { path } : { path, problem };
}

/** Makes a folder of this user alone if it is missing. Returns what is wrong with it. Never throws. */
export function makePrivate(path: string): string | undefined {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') return `it cannot be made: ${code}`;
  }
  return problemOf(path);
}

/** Where the processes of a group meet. */
export function socketIn(folder: string, name: string): string {
  return join(folder, `${name}.sock`);
}

/** Whether a socket's path is one where a group of ours meets, or did: the agent's, not the app's. */
export function isMeetingPlace(path: string): boolean {
  return /\/loadline(?:-\d+)?\/[0-9a-f]{16}(?:\.\d+)?\.sock$/.test(path);
}

/** Why a folder is not this user's alone; undefined when it is. Never throws. */
export function problemOf(path: string): string | undefined {
  const uid = process.geteuid?.();
  let stats: Stats;
  try {
    // Not `stat`: a link may point to where another user is in charge.
    stats = lstatSync(path);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'it cannot be read';
  }
  if (!stats.isDirectory()) return 'it is no folder';
  if (stats.uid !== uid) return `it belongs to user ${stats.uid}`;
  if ((stats.mode & 0o077) !== 0) return `others may enter it (mode ${(stats.mode & 0o777).toString(8)})`;
  return undefined;
}
