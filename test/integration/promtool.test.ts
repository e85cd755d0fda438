/** Debian's promtool, Prometheus' own reader, on what the adapter writes. Package: prometheus. */
import { type ExecFileException, execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { render } from '../../src/exposition/text.ts';
import { DURATION_BOUNDS, type Metric } from '../../src/snapshot/metric.ts';
import type { Point, Snapshot } from '../../src/snapshot/snapshot.ts';
import { randomSnapshot, seededRandom } from '../exposition/random-snapshot.ts';

interface Outcome {
  /** promtool: 0 fine, 1 cannot be read, 3 readable with complaints about style. */
  readonly code: number;
  readonly output: string;
}

/** Rejects when promtool is not there: this test is never skipped. */
function promtool(args: readonly string[], input = ''): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = execFile('promtool', args, (error: ExecFileException | null, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') reject(error);
      else resolve({ code: Number(error?.code ?? 0), output: stdout + stderr });
    });
    child.stdin?.end(input);
  });
}

function metric(one: Metric, values: readonly Point['value'][]): Snapshot['metrics'][number] {
  const points = values.map((value, i) => ({ attributes: { 'http.route': `/r/${i}` }, startTime: 0, value }));
  return { metric: { help: 'One sentence.', ...one }, scope: { name: 'loadline' }, points };
}

const usual: Snapshot = {
  time: 1e12,
  resource: { 'service.name': 'shop', 'process.pid': 1 },
  metrics: [
    metric({ name: 'http.server.request.duration', kind: 'histogram', unit: 's', bounds: DURATION_BOUNDS }, [
      { counts: Array.from({ length: 15 }, (_, i) => i), sum: 12.5 },
    ]),
    metric({ name: 'http.server.active_requests', kind: 'updown', unit: '{request}' }, [0, 3]),
    metric({ name: 'nodejs.eventloop.time', kind: 'counter', unit: 's' }, [1.5, 2]),
    metric({ name: 'nodejs.eventloop.utilization', kind: 'gauge', unit: '1' }, [0.25]),
    metric({ name: 'process.memory.usage', kind: 'updown', unit: 'By' }, [123456789]),
    metric({ name: 'loadline.listen.overflows', kind: 'counter' }, [0]),
  ],
};

test.serial('promtool has no complaint about the text of usual metrics', async (t) => {
  t.deepEqual(await promtool(['check', 'metrics'], render(usual, 'text').text), { code: 0, output: '' });
});

test.serial('promtool reads the text of hostile snapshots', async (t) => {
  for (let seed = 1; seed <= 60; seed++) {
    const { text } = render(randomSnapshot(seededRandom(seed)), 'text');
    const { code, output } = await promtool(['check', 'metrics'], text);
    t.true(code === 0 || code === 3, `seed ${seed}: ${output}`);
  }
});

test.serial('promtool reads the OpenMetrics of usual and hostile snapshots', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'loadline-promtool-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const snapshots = Array.from({ length: 30 }, (_, seed) => randomSnapshot(seededRandom(seed)));
  for (const [i, snapshot] of [usual, ...snapshots].entries()) {
    // The backfill command is promtool's only reader of OpenMetrics; it wants a timestamp on each sample.
    const text = render(snapshot, 'openmetrics').text.replace(/^[^#\n].*$/gm, '$& 1700000000');
    await writeFile(join(folder, 'in'), text);
    const { code, output } = await promtool([
      'tsdb',
      'create-blocks-from',
      'openmetrics',
      join(folder, 'in'),
      join(folder, `${i}`),
    ]);
    t.is(code, 0, `snapshot ${i}: ${output}`);
  }
});

test.serial('promtool notices a broken exposition, so that the tests above can fail', async (t) => {
  t.is((await promtool(['check', 'metrics'], 'a{b="c} 1\n')).code, 1);
});
