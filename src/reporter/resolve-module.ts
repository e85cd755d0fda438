/** Where a third party's adapter is: as the app itself would find it. */
import { createRequire } from 'node:module';
import { isAbsolute, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * What `import()` takes for a module specifier: URLs as they are, paths and package names from the folder of the app's
 * main script, then from the working directory. A package that only `import` may load is left to Node, which finds it
 * from where loadline itself is installed.
 *
 * @param main path of the app's main script
 * @throws the error of the first place when the module is at neither
 */
export function resolveModule(specifier: string, main: string | undefined): string {
  if (/^(file|data|node):/.test(specifier)) return specifier;
  if (isAbsolute(specifier)) return pathToFileURL(specifier).href;
  let first: unknown;
  for (const from of [main, join(process.cwd(), 'app.js')]) {
    if (from === undefined || !isAbsolute(from)) continue;
    try {
      const found = createRequire(from).resolve(specifier);
      return isAbsolute(found) ? pathToFileURL(found).href : found;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') return specifier;
      first ??= error;
    }
  }
  throw first;
}
