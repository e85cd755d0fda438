/** Everything that a terminal and its shell may do to a program that has taken the screen. */
import { readKeys } from './keys.ts';
import type { Screen } from './screen.ts';

export interface Events {
  /** As `keys.ts` names it; without those that end or suspend it. */
  press(key: string): void;
  /** The size changed, or the screen was somebody else's for a while: it is empty. */
  redraw(): void;
  /** The user has had enough, or the terminal is gone. */
  end(): void;
}

/** ms after which the beginning of a key's sequence is taken for the escape key. */
const SEQUENCE_LIMIT = 50;
/** ms for which a process that was told to stop has to be stopped: after that nobody is going to let it go on. */
const STOP_LIMIT = 200;
const ENDS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/**
 * Takes the terminal. What comes back gives it back; so do a signal that ends the process, which it then does, an uncaught
 * error, `process.exit`, and the way to the shell and back (Ctrl-Z, `fg`).
 */
export function takeOver(screen: Screen, events: Events): () => void {
  const { stdin, stdout } = process;
  let isReleased = false;
  const leave = () => screen.leave();
  const redraw = () => {
    screen.forget();
    events.redraw();
  };

  const suspend = () => {
    screen.leave();
    process.removeListener('SIGTSTP', suspend);
    // The whole group, as the terminal itself would: npx and its shell have to stop, too.
    process.kill(0, 'SIGTSTP');
    setTimeout(resume, STOP_LIMIT);
  };
  const resume = () => {
    if (isReleased) return;
    process.removeListener('SIGTSTP', suspend).on('SIGTSTP', suspend);
    screen.leave();
    screen.enter();
    events.redraw();
  };

  const read = keyReader((key) => {
    if (key === 'q' || key === 'interrupt') events.end();
    else if (key === 'suspend') suspend();
    else if (key === 'redraw') redraw();
    else events.press(key);
  });
  const release = () => {
    isReleased = true;
    screen.leave();
    stdin.removeListener('data', read).pause();
    stdout.removeListener('resize', redraw);
    process.removeListener('SIGTSTP', suspend).removeListener('SIGCONT', resume);
    for (const signal of ENDS) process.removeListener(signal, killed);
  };
  const killed = (signal: NodeJS.Signals) => {
    release();
    process.kill(process.pid, signal);
  };

  // An uncaught error is printed before `exit`: on the screen that stays.
  process.once('uncaughtExceptionMonitor', leave).once('exit', leave);
  for (const signal of ENDS) process.on(signal, killed);
  process.on('SIGTSTP', suspend).on('SIGCONT', resume);
  stdout.on('error', events.end).on('resize', redraw);
  stdin.on('error', events.end);
  if (stdin.isTTY) stdin.setEncoding('utf8').on('data', read).on('end', events.end);
  screen.enter();
  return release;
}

/** Puts together what comes in pieces, as over a slow line. */
function keyReader(press: (key: string) => void): (text: string) => void {
  let rest = '';
  let timer: NodeJS.Timeout | undefined;
  const giveUp = () => {
    rest = '';
    press('escape');
  };
  return (text) => {
    clearTimeout(timer);
    const read = readKeys(rest + text);
    rest = read.rest;
    for (const key of read.keys) press(key);
    if (rest !== '') timer = setTimeout(giveUp, SEQUENCE_LIMIT);
  };
}
