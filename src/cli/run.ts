/** Runs an app under the agent so that nobody outside can tell the difference from plain node. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { isatty } from 'node:tty';

const PASSED_ON = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH', 'SIGBREAK'] as const;

/** Those that a terminal sends to every process in its foreground, the child included. */
const FROM_TERMINAL: ReadonlySet<string> = new Set(['SIGINT', 'SIGQUIT', 'SIGWINCH', 'SIGBREAK']);

/**
 * Starts node with `argv` under `--require preload`, input and output inherited. Resolves with the exit code; when a
 * signal ended the child, ends this process by the same signal. Rejects when the child could not be started.
 */
export async function run(preload: string, argv: readonly string[]): Promise<number> {
  const early: NodeJS.Signals[] = [];
  let deliver = (signal: NodeJS.Signals): unknown => early.push(signal);
  const pass = (signal: NodeJS.Signals): void => {
    if (!FROM_TERMINAL.has(signal) || !terminalDelivers()) deliver(signal);
  };
  // Before the child starts: no signal may end this process and leave the child behind.
  const signals = PASSED_ON.filter((signal) => signal in constants.signals);
  for (const signal of signals) process.on(signal, pass);
  try {
    const child = spawn(process.execPath, ['--require', preload, ...argv], { stdio: 'inherit' });
    deliver = (signal) => child.kill(signal);
    for (const signal of early) deliver(signal);
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (...how) => resolve(how));
    });
    return signal ? dieOf(signal, pass) : (code ?? 1);
  } finally {
    for (const signal of signals) process.off(signal, pass);
  }
}

/** Ends this process by `signal`; returns the shell's code for it where node or the system shrugs the signal off. */
function dieOf(signal: NodeJS.Signals, pass: (signal: NodeJS.Signals) => void): number {
  process.off(signal, pass);
  process.kill(process.pid, signal);
  return 128 + constants.signals[signal];
}

/**
 * Whether this process is in the foreground of its terminal, whose Ctrl-C then reaches the child by itself. (Nothing
 * tells that signal from a `kill -INT` to this process alone, which is then not passed on.)
 */
function terminalDelivers(): boolean {
  if (process.platform !== 'linux') return isatty(0) || isatty(1) || isatty(2);
  // After the name in parentheses: state, parent, process group, session, terminal, its foreground process group.
  const stat = readFileSync('/proc/self/stat', 'latin1');
  const [, , group, , terminal, foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return terminal !== '0' && foreground === group;
}
