import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { Sources } from '../../src/reporter/source-map.ts';
import { temporaryFolder } from './app.ts';

/** Line 1 column 1 of the generated file is line 3 column 5 of `graph.ts`. */
const MAP = JSON.stringify({ version: 3, sources: ['src/graph.ts'], names: [], mappings: 'AAEI' });
const CODE = 'const a = 1;\n';

function place(text: string, files: Record<string, string> = {}) {
  const folder = temporaryFolder();
  const file = join(folder, 'out.js');
  writeFileSync(file, text);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return { folder, generated: { file, line: 1, column: 1 } };
}

test('A place is that of the author’s file, by a map beside the code', (t) => {
  const { folder, generated } = place(`${CODE}//# sourceMappingURL=out.js.map\n`, { 'out.js.map': MAP });
  t.deepEqual(new Sources().original(generated), { file: join(folder, 'src/graph.ts'), line: 3, column: 5 });
});

test('… or by one in the code, of which the last counts', (t) => {
  const inline = `data:application/json;base64,${Buffer.from(MAP).toString('base64')}`;
  const { folder, generated } = place(`${CODE}//# sourceMappingURL=gone.map\n//# sourceMappingURL=${inline}\n`);
  t.is(new Sources().original(generated).file, join(folder, 'src/graph.ts'));
});

test('Without a map, or with one that is broken or gone, the place is as it runs', (t) => {
  for (const [text, files] of [
    [CODE, {}],
    [`${CODE}//# sourceMappingURL=gone.map\n`, {}],
    [`${CODE}//# sourceMappingURL=out.js.map\n`, { 'out.js.map': '{' }],
    [`${CODE}//# sourceMappingURL=data:application/json,%7B\n`, {}],
  ] as const) {
    const { generated } = place(text, files);
    t.deepEqual(new Sources().original(generated), generated);
  }
});

test('What is no file, or is gone, has no text and no map', (t) => {
  const sources = new Sources();
  for (const file of ['', 'node:fs', 'evalmachine.<anonymous>', '/no/such/file.js']) {
    t.is(sources.line(file, 1), undefined);
    t.deepEqual(sources.original({ file, line: 1, column: 1 }), { file, line: 1, column: 1 });
  }
});

test('Lines are those of the file, from 1', (t) => {
  const { generated } = place('first\nsecond');
  const sources = new Sources();
  t.is(sources.line(generated.file, 1), 'first');
  t.is(sources.line(generated.file, 2), 'second');
  t.is(sources.line(generated.file, 3), undefined);
});
