#!/usr/bin/env node
/** The `loadline` command. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Command, parseArguments } from './arguments.ts';
import { HELP } from './help.ts';
import { run } from './run.ts';

const REGISTER = fileURLToPath(new URL('../register.cjs', import.meta.url));
const PACKAGE = new URL('../../../package.json', import.meta.url);

/** Resolves with the exit code. */
async function main(command: Command): Promise<number> {
  switch (command.name) {
    case 'help':
      process.stdout.write(HELP);
      return 0;
    case 'version':
      process.stdout.write(`${JSON.parse(readFileSync(PACKAGE, 'utf8')).version}\n`);
      return 0;
    case 'path':
      process.stdout.write(`${REGISTER}\n`);
      return 0;
    case 'check':
      return check(command.modules);
    case 'top':
      return (await import('./top.ts')).top(command.argv, process.env);
    case 'usage':
      process.stderr.write(command.problem ? `loadline: ${command.problem}. See loadline --help.\n` : HELP);
      return 2;
    case 'run':
      return start(command.argv, command.app);
  }
}

/** Loads what only it needs when it is asked for: an app should start at once. */
async function check(modules: readonly string[]): Promise<number> {
  const [{ collectReport, formatCheck, isUsable }, { parse }] = await Promise.all([
    import('./check.ts'),
    import('../config.ts'),
  ]);
  const report = await collectReport(process.env, parse, modules);
  await new Promise((resolve) => process.stdout.write(formatCheck(report), resolve));
  // Modules that were loaded may have begun something that does not end.
  return process.exit(isUsable(report) ? 0 : 1);
}

async function start(argv: readonly string[], app: string | undefined): Promise<number> {
  if (app !== undefined && !exists(app)) {
    const remedy = 'Give the path of a script, or one of: path, check, --help, --version.';
    process.stderr.write(`loadline: there is no app "${app}" (${resolve(app)}) and no such command. ${remedy}\n`);
    return 2;
  }
  try {
    return await run(REGISTER, argv);
  } catch (error) {
    process.stderr.write(`loadline: cannot start node: ${(error as Error).message}\n`);
    return 1;
  }
}

/** As `node app` looks for it: with extensions added, and folders with an index or a package.json. */
function exists(app: string): boolean {
  try {
    createRequire(import.meta.url).resolve(resolve(app));
    return true;
  } catch (error) {
    // Anything but "not there", for example a broken package.json, is for node to report.
    return (error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND';
  }
}

process.exitCode = await main(parseArguments(process.argv.slice(2)));
