/** What a TypeScript file of this project imports: read from its text, which is enough for one style of code. */

export interface Import {
  readonly specifier: string;
  /** Nothing of it is left when types are stripped. */
  readonly typeOnly: boolean;
}

const STATEMENT = /^(?:import|export)\s+(type\s+)?([\w$\s{},*]*?)\s*from\s+['"]([^'"]+)['"]/gm;
const SIDE_EFFECT = /^import\s+['"]([^'"]+)['"]/gm;
const CALL = /(typeof\s+)?\b(?:import|require)\(\s*['"]([^'"]+)['"]/g;

/** Every import and re-export, also `import()`, `require()` and `typeof import()`. Comments count for nothing. */
export function importsOf(source: string): Import[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const statements = [...code.matchAll(STATEMENT)].map(([, type, names, specifier]) => ({
    specifier: specifier!,
    typeOnly: type !== undefined || onlyTypes(names!),
  }));
  const sideEffects = [...code.matchAll(SIDE_EFFECT)].map(([, specifier]) => ({
    specifier: specifier!,
    typeOnly: false,
  }));
  const calls = [...code.matchAll(CALL)].map(([, type, specifier]) => ({
    specifier: specifier!,
    typeOnly: type !== undefined,
  }));
  return [...statements, ...sideEffects, ...calls];
}

/** `{ type A, type B }` */
function onlyTypes(names: string): boolean {
  const list = /^\{([^}]*)\}$/.exec(names.trim())?.[1];
  const items =
    list
      ?.split(',')
      .map((item) => item.trim())
      .filter(Boolean) ?? [];
  return items.length > 0 && items.every((item) => item.startsWith('type '));
}
