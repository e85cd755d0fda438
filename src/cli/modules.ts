/** Whether modules that are named as adapters can be loaded from here. They are not started: nobody knows what they would do. */
import { join } from 'node:path';
import { reasonOf } from '../errors.ts';
import { inTime, loadFactory, missingPackage } from '../reporter/adapters.ts';
import { resolveModule } from '../reporter/resolve-module.ts';
import type { Finding } from './check.ts';
import { Problem } from './problem.ts';

/** Modules among the configured adapters. */
export function modulesOf(adapters: readonly unknown[]): string[] {
  return adapters.flatMap((entry) => {
    const { module } = Object(entry) as { module?: unknown };
    return typeof module === 'string' ? [module] : [];
  });
}

/** One line each. Runs the modules' own code, as the agent would. Never rejects. */
export function loadModules(modules: readonly string[]): Promise<Finding[]> {
  return Promise.all(
    modules.map(async (module): Promise<Finding> => {
      const finding = { what: `adapter ${module}`, essential: true };
      try {
        return { ...finding, state: 'yes', detail: `${await load(module)} makes adapters` };
      } catch (error) {
        const { message, remedy } = error as Problem;
        return { ...finding, state: 'no', detail: `${message.replace(/\s+/g, ' ')}. ${remedy}` };
      }
    }),
  );
}

async function load(module: string): Promise<string> {
  const url = find(module);
  try {
    await inTime(loadFactory(url));
    return url;
  } catch (error) {
    const missing = missingPackage(error);
    if (missing) throw new Problem(`it needs the package ${missing}`, `Run npm install ${missing}`);
    throw new Problem(
      reasonOf(error),
      'Correct the path or the module: docs/writing-an-adapter.md says what it must be',
    );
  }
}

function find(module: string): string {
  try {
    return resolveModule(module, join(process.cwd(), 'app.js'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'MODULE_NOT_FOUND' ? `there is no such module from ${process.cwd()}` : reasonOf(error);
    throw new Problem(reason, 'Install it there with npm, or correct its path');
  }
}
