import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { collectReport } from '../../src/cli/check.ts';
import { loadModules, modulesOf } from '../../src/cli/modules.ts';
import { folder, loadline } from './command.ts';

const INFLUX = fileURLToPath(new URL('../../examples/adapter/influx.js', import.meta.url));

test('modules are found among the adapters, and nothing else is', (t) => {
  t.deepEqual(modulesOf(['otlp', { module: 'a' }, { module: 'b', options: {} }, {}, null, 5]), ['a', 'b']);
});

test('a module of the configuration that makes adapters is fine', async (t) => {
  const config = {
    ...{ adapters: [{ module: INFLUX }], prometheus: { host: '127.0.0.1', port: 0, hostIsDefault: false } },
    ...{ serviceName: 'shop', graphite: {}, otlp: {}, pushgateway: {}, token: '' },
  };
  const { findings } = await collectReport({}, () => ({ config, problems: [] }));
  const { state, detail } = findings.find(({ what }) => what === `adapter ${INFLUX}`)!;
  t.is(state, 'yes', detail);
  t.regex(detail, /influx\.js makes adapters/);
});

test('a module that is not there, makes nothing or throws is told in one line with a remedy', async (t) => {
  const path = folder({
    'empty.mjs': 'export const a = 1;',
    'throws.mjs': 'throw new Error("at\\nonce");',
    'wrong.mjs': 'export default 5',
    'missing.mjs': 'import "no-such-package-of-anybody";',
    'late.mjs': 'await new Promise(() => undefined);',
  });
  t.teardown(() => rmSync(path, { recursive: true }));
  const detail = async (name: string) => {
    const [finding] = await loadModules([name.includes('.') ? join(path, name) : name]);
    t.is(finding!.state, 'no');
    return finding!.detail;
  };
  t.regex(await detail('no-such-adapter'), /there is no such module from .*\. Install it there with npm, or correct/);
  for (const name of ['empty.mjs', 'wrong.mjs']) {
    t.regex(await detail(name), /no function as default export\. .*docs\/writing-an-adapter\.md/);
  }
  t.regex(await detail('throws.mjs'), /at.*once\. Correct the path or the module/);
  t.regex(
    await detail('missing.mjs'),
    /needs the package no-such-package-of-anybody\. Run npm install no-such-package-of-anybody$/,
  );
  t.regex(await detail('none.mjs'), /Cannot find module.*none\.mjs.*Correct the path/);
  t.regex(await detail('late.mjs'), /longer than 5000 ms/);
});

test('loadline check takes modules, from the working directory', async (t) => {
  const path = folder({ 'own.cjs': 'exports.default = () => ({}); setInterval(() => {}, 1000);' });
  t.teardown(() => rmSync(path, { recursive: true }));
  mkdirSync(join(path, 'node_modules', 'my-adapter'), { recursive: true });
  writeFileSync(join(path, 'node_modules', 'my-adapter', 'index.js'), 'module.exports = () => ({});');
  const good = await loadline(['check', 'my-adapter', './own.cjs'], { cwd: path });
  t.is(good.code, 0, good.stdout.toString() + good.stderr);
  t.regex(good.stdout.toString(), /yes {2}adapter my-adapter +\S+index\.js makes adapters/);
  t.regex(good.stdout.toString(), /yes {2}adapter \.\/own\.cjs +/);
  const bad = await loadline(['check', 'your-adapter'], { cwd: path });
  t.is(bad.code, 1);
  t.regex(bad.stdout.toString(), /NO {3}adapter your-adapter +there is no such module/);
});
