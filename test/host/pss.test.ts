import test from 'ava';
import { parsePss, pss } from '../../src/host/pss.ts';
import { HostProbes } from '../../src/reporter/host-probes.ts';
import { readingOf } from '../store/metrics.ts';
import { onlyWhere } from '../support/only-where.ts';

test('PSS is read from the line of that name only, in bytes', (t) => {
  const text =
    '55e394c1a000-7ffff4ced000 ---p 00000000 00:00 0  [rollup]\nRss: 1692 kB\nPss:                 232 kB\nPss_Dirty:           112 kB\nSwapPss:               7 kB\n';
  t.is(parsePss(text), 232 * 1024);
  for (const none of ['', 'Rss: 5 kB\nPss_Dirty: 5 kB\n', 'Pss: x kB\n', 'SwapPss: 7 kB\n']) {
    t.throws(() => parsePss(none), { message: /smaps_rollup/ });
  }
});

onlyWhere(process.platform === 'linux', 'Linux')('PSS is part of RSS, and is kept for a minute', (t) => {
  const host = new HostProbes([pss()], 0, (_, line) => t.fail(line));
  const read = (time: number) => readingOf(host.metrics(time), 'loadline.memory.pss') as number;
  const first = read(0);
  t.true(first > 1e6 && first <= process.memoryUsage.rss() * 1.2, `${first}`);
  const grown = Buffer.alloc(60e6, 1);
  t.is(read(59_999), first);
  const later = read(61_000);
  t.true(later > first + 30e6, `${later - first} bytes of ${grown.length}`);
});
