/** What the reporter thread of the bundle loads of Node: all of it stays in memory for as long as the app runs. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test from 'ava';

const INDEX = new URL('../../../lib/src/index.js', import.meta.url).href;
/** An adapter is loaded by the reporter thread. This one loads nothing itself, and tells what is there. */
const TELLS = `module.exports = () => {
  require('node:fs').writeSync(1, JSON.stringify(process.moduleLoadList));
  return { push() {} };
};`;

test('The reporter thread loads no HTTP/2, no fetch and no web streams', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'loadline-modules-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const adapter = join(folder, 'tells.cjs');
  writeFileSync(adapter, TELLS);
  const app = join(folder, 'app.mjs');
  writeFileSync(
    app,
    `import { start, stop } from '${INDEX}';
    const agent = start({ adapters: ['prometheus', { module: ${JSON.stringify(adapter)} }], prometheus: { port: 0 } });
    await agent.ready;
    await stop();`,
  );
  const child = spawn(process.execPath, [app], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  t.true(out.startsWith('['), err);
  const loaded: string[] = JSON.parse(out);
  t.true(loaded.includes('NativeModule http'));
  for (const name of ['http2', 'internal/http2/core', 'internal/deps/undici/undici', 'internal/crypto/webcrypto'])
    t.false(loaded.includes(`NativeModule ${name}`), name);
});
