import test from 'ava';
import { sparkPaths } from '../../../src/dashboard/page/spark-paths.ts';

test('A line goes from edge to edge, the largest at the top', (t) => {
  t.is(sparkPaths([0, 1], 1, 100, 30).line, 'M0 29L100 2');
});

test('A peak survives however many values share its pixel', (t) => {
  const values = new Array<number>(720).fill(0.1);
  values[333] = 9;
  t.true(sparkPaths(values, 1, 120, 30).line.includes(' 2L'));
});

test('Gaps stay gaps, a point between two gaps is seen', (t) => {
  const { line, area } = sparkPaths([1, 1, null, 1, null, 1, 1], 1, 60, 30);
  t.is(line.match(/M/g)!.length, 3);
  t.true(line.includes('M30 2h1'));
  t.is(area.match(/Z/g)!.length, 3);
});

test('Nothing gives an empty path, not a broken one', (t) => {
  t.deepEqual(sparkPaths([], 1, 60, 30), { line: '', area: '' });
  t.deepEqual(sparkPaths([null, null], 1, 60, 30), { line: '', area: '' });
  t.notRegex(sparkPaths([5], 1, 60, 30).line, /NaN|Infinity/);
  t.notRegex(sparkPaths([-5, 0], 1, 60, 30).line, /NaN|Infinity|-/);
});
