/**
 * Keeps the ledger of a CI run: a file with one JSON line of totals for each part.
 *
 *   node totals.mjs run LEDGER COMMAND [ARGUMENT …]   runs a command that ends in ava, and enters its totals
 *   node totals.mjs fail LEDGER                       enters one failure, of something that is no test
 *   node totals.mjs print LEDGER                      prints the sum, alone on a line; exit code 1 if anything failed
 */
import { spawn } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { say, Tap } from './tap.mjs';

const [verb, ledger, ...command] = process.argv.slice(2);

function enter(totals) {
  appendFileSync(ledger, `${JSON.stringify(totals)}\n`);
}

/** Resolves with the exit code, once all output was read. */
async function run([name, ...args], onLine) {
  const env = { ...process.env, TEST_TAP: '1' };
  const child = spawn(name, args, { stdio: ['ignore', 'pipe', 'inherit'], env });
  const ended = new Promise((resolve) => {
    child.once('error', () => resolve(127));
    child.once('close', (code) => resolve(code ?? 1));
  });
  const lines = createInterface({ input: child.stdout });
  lines.on('line', onLine);
  const drained = new Promise((resolve) => lines.once('close', resolve));
  const code = await ended;
  await drained;
  return code;
}

if (verb === 'run') {
  const tap = new Tap();
  const code = await run(command, (line) => {
    process.stdout.write(`${line}\n`);
    tap.read(line);
  });
  const totals = tap.totals(code);
  enter(totals);
  process.stdout.write(`${command.join(' ')}: exit code ${code}, ${say(totals)}\n`);
  process.exitCode = totals.failed > 0 ? 1 : 0;
} else if (verb === 'fail') {
  enter({ passed: 0, failed: 1, skipped: 0 });
} else if (verb === 'print') {
  const entries = readFileSync(ledger, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const sum = (key) => entries.reduce((total, entry) => total + entry[key], 0);
  const totals = { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') };
  process.stdout.write(`${say(totals)}\n`);
  process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0;
} else {
  throw new Error(`run, fail or print, not ${verb}`);
}
