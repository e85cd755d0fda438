import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { COLLECTOR_CHECKS, SAMPLER_CHECKS } from '../src/sampler/conformance.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const spec = await readFile(path.join(root, 'SPEC.md'), 'utf8');

function blocks(language: string): string[] {
  return Array.from(spec.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms')), (match) => match[1]!);
}

async function folder(t: ExecutionContext): Promise<string> {
  const created = await mkdtemp(path.join(tmpdir(), 'spec-'));
  t.teardown(() => rm(created, { recursive: true }));
  return created;
}

/** What `tsc` says about the files, '' if nothing. */
async function typeErrors(t: ExecutionContext, files: Readonly<Record<string, string>>): Promise<string> {
  const where = await folder(t);
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(where, name), text);
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: 'es2023',
    lib: ['es2023'],
    module: 'nodenext',
    types: ['node'],
    typeRoots: [path.join(root, 'node_modules/@types')],
    allowImportingTsExtensions: true,
    erasableSyntaxOnly: true,
    skipLibCheck: true,
  };
  await writeFile(path.join(where, 'package.json'), '{"type":"module"}');
  await writeFile(path.join(where, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: Object.keys(files) }));
  try {
    await run(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', where]);
    return '';
  } catch (error) {
    return (error as { stdout: string }).stdout || String(error);
  }
}

const CONTRACT = ['Attributes', 'Metric', 'HistogramValue', 'Sink', 'SampleContext', 'Sampler'];

function comparison(names: readonly string[]): string {
  const real = JSON.stringify(path.join(root, 'src/sampler/sampler.ts'));
  const lines = names.map(
    (name) => `export const a${name} = (x: Spec.${name}): Real.${name} => x;
export const b${name} = (x: Real.${name}): Spec.${name} => x;
export const c${name}: Identical<Spec.${name}, Real.${name}> = true;`,
  );
  return `import type * as Spec from './contract.ts';
import type * as Real from ${real};
type Identical<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
${lines.join('\n')}
`;
}

test('SPEC.md has one contract, and it is the one that the code has', async (t) => {
  t.is(blocks('ts').length, 1);
  const files = { 'contract.ts': blocks('ts')[0]!, 'comparison.ts': comparison(CONTRACT) };
  t.is(await typeErrors(t, files), '');
});

test('a contract that differs is found out', async (t) => {
  const [contract] = blocks('ts');
  for (const [from, to] of [
    ['readonly consumer: string', 'readonly consumer: number'],
    ['  readonly help?: string;\n', ''],
    ['void | PromiseLike<void>', 'void'],
  ] as const) {
    t.true(contract!.includes(from), from);
    const files = { 'contract.ts': contract!.replace(from, to), 'comparison.ts': comparison(CONTRACT) };
    t.regex(await typeErrors(t, files), /error TS/, from);
  }
});

test('the JavaScript examples run, alone and together', async (t) => {
  const examples = blocks('js');
  t.is(examples.length, 2);
  for (const example of examples) await run(process.execPath, ['--input-type=module', '--eval', example]);
  const together = examples.map((example) => `await (async () => {\n${example}})();`).join('\n');
  const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '--eval', together]);
  t.regex(stdout, /acme\.queue\.jobs/);
  t.regex(stdout, /acme\.queue\.waiting/);
  t.is(stderr, '');
});

test('the producer example satisfies the checker of samplers', async (t) => {
  const where = await folder(t);
  const conformance = JSON.stringify(new URL('../src/sampler/conformance.js', import.meta.url).href);
  const script = `${blocks('js')[0]}
import { checkSampler } from ${conformance};
for (const sampler of samplers) console.log(JSON.stringify(await checkSampler(sampler)));`;
  await writeFile(path.join(where, 'example.mjs'), script);
  const { stdout } = await run(process.execPath, [path.join(where, 'example.mjs')]);
  t.is(stdout, '[]\n');
});

test('the producer example is as short as it says', (t) => {
  t.true(blocks('js')[0]!.trim().split('\n').length <= 11);
});

test('every section that a check names exists in SPEC.md', (t) => {
  const headings = new Set(Array.from(spec.matchAll(/^#+ (\d(?:\.\d)?)/gm), (match) => match[1]!));
  for (const { check, section } of [...COLLECTOR_CHECKS, ...SAMPLER_CHECKS]) {
    const [chapter, item] = section.split('.');
    const items = spec.split(/^## /m).find((text) => text.startsWith(`${chapter}. `));
    t.true(headings.has(section) || new RegExp(`^${item}\\. `, 'm').test(items ?? ''), `${check}: ${section}`);
  }
});

test('every reference to another section leads somewhere', (t) => {
  const headings = new Set(Array.from(spec.matchAll(/^#+ (\d(?:\.\d)?)/gm), (match) => match[1]!));
  for (const [, section] of spec.matchAll(/§(\d(?:\.\d)?)/g)) t.true(headings.has(section!), section);
});
