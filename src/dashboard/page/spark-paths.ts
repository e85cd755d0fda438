/** A line and the area below it as paths of SVG. Pure. */
import type { Values } from './timeline.ts';

/** Paths of SVG. Of points that share a pixel the largest is drawn, so that no peak is lost; gaps stay gaps. */
export function sparkPaths(values: Values, top: number, width: number, height: number): { line: string; area: string } {
  const runs = runsOf(largest(values, width), width);
  const most = Math.max(top, ...runs.flat().map(({ value }) => value));
  const y = (value: number) => round(height - 1 - (Math.max(0, value) / most) * (height - 3));
  const lines = runs.map((run) => run.map(({ at, value }) => `${at} ${y(value)}`));
  return {
    line: lines.map((points) => `M${points.join('L')}${points.length === 1 ? 'h1' : ''}`).join(''),
    area: runs.map((run, i) => `M${run[0]!.at} ${height}L${lines[i]!.join('L')}V${height}Z`).join(''),
  };
}

function largest(values: Values, width: number): Values {
  const result: Values = new Array(Math.min(width, values.length)).fill(null);
  values.forEach((value, at) => {
    const pixel = Math.floor((at * result.length) / values.length);
    const present = result[pixel] ?? null;
    if (value !== null && (present === null || value > present)) result[pixel] = value;
  });
  return result;
}

interface Dot {
  readonly at: number;
  readonly value: number;
}

/** Stretches without a gap, spread over the whole width. */
function runsOf(values: Values, width: number): Dot[][] {
  const step = width / Math.max(1, values.length - 1);
  const runs: Dot[][] = [];
  values.forEach((value, at) => {
    if (value === null) return;
    if (values[at - 1] === null || at === 0) runs.push([]);
    runs.at(-1)!.push({ at: round(at * step), value });
  });
  return runs;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
