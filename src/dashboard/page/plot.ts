/** uPlot as the charts need it: a picture of lines or a stack over time, with marks, a shared cursor and no memory. */
import type { Line } from './panels.ts';
import { axisRange, increments, tickText } from './scale.ts';
import type { Span } from './span.ts';
import { currentTheme } from './theme.ts';
import { clock, shortClock, type Unit } from './units.ts';
import uPlot from './vendor/uPlot.esm.js';

/** A stretch of time that something is known about. */
export interface Mark {
  readonly from: number;
  readonly to: number;
  readonly isCritical: boolean;
  readonly title: string;
  /** Leads to what is known. */
  open(): void;
}

export interface PlotOptions {
  readonly holder: HTMLElement;
  readonly unit: Unit;
  readonly stacked: boolean;
  readonly whole: boolean;
  readonly lines: readonly Line[];
  readonly width: number;
  readonly height: number;
  /** The stretch that is shown. */
  span(): Span;
  /** Largest and least of what counts for the axis. */
  extent(): [number | null, number | null];
  marks(): readonly Mark[];
  /** The cursor moved; null when it left. */
  onCursor(index: number | null): void;
  onSelect(span: Span): void;
  onPress(time: number): void;
}

/** Pixels of the value axis, the same for all charts, so that they stand in line. */
const AXIS = 58;
const SYNC = 'time';

export function createPlot(options: PlotOptions): uPlot {
  const { holder, unit, whole, width, height } = options;
  const theme = currentTheme;
  const grid = { stroke: () => theme().grid, width: 1 };
  const axis = { stroke: () => theme().text, font: theme().font, grid, ticks: { show: false } };
  const range = (): [number, number] => (whole ? [0, 1] : axisRange(unit, ...options.extent()));
  const plot = new uPlot(
    {
      width,
      height,
      ms: 1,
      padding: [8, 10, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        points: { size: 6 },
        drag: { x: true, y: false, setScale: false, dist: 6 },
        // Each chart is told where the cursor is; what is dragged is the concern of one.
        sync: {
          key: SYNC,
          scales: ['x', null],
          filters: { pub: (type) => type === 'mousemove' || type === 'mouseleave' },
        },
      },
      scales: {
        x: { time: true, range: () => [options.span().from, options.span().to] },
        y: { range: () => range() },
      },
      axes: [
        { ...axis, space: 64, size: 22, gap: 6, values: (_plot, splits, _at, _space, step) => timeTicks(splits, step) },
        {
          ...axis,
          size: AXIS,
          gap: 6,
          space: 30,
          incrs: increments(unit),
          values: (_plot, splits) => splits.map((value) => tickText(unit, value)),
        },
      ],
      series: [{}, ...options.lines.map((line) => seriesOf(line, options.stacked))],
      bands: options.stacked ? bandsOf(options.lines) : [],
      hooks: {
        drawAxes: [(plot) => drawMarks(plot, options.marks())],
        setCursor: [(plot) => options.onCursor(plot.cursor.left! < 0 ? null : (plot.cursor.idx ?? null))],
        setSelect: [
          (plot) => {
            const { left, width: selected } = plot.select;
            if (selected <= 0) return;
            const [from, to] = [plot.posToVal(left, 'x'), plot.posToVal(left + selected, 'x')];
            plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            options.onSelect({ from, to });
          },
        ],
      },
    },
    [[], ...options.lines.map(() => [])],
    holder,
  );
  plot.over.addEventListener('click', ({ offsetX }) => options.onPress(plot.posToVal(offsetX, 'x')));
  return plot;
}

/** To this time (epoch ms), in all charts. */
export function moveCursor(plot: uPlot, time: number): void {
  // The third parameter, which tells the others, is not in uPlot's types.
  const setCursor: (at: { left: number; top: number }, fire: boolean, publish: boolean) => void = plot.setCursor;
  setCursor({ left: plot.valToPos(time, 'x'), top: 1 }, true, true);
}

function timeTicks(splits: readonly number[], step: number): string[] {
  return splits.map((time) => (step < 60_000 ? clock(time) : shortClock(time)));
}

function seriesOf(line: Line, stacked: boolean): uPlot.Series {
  const ink = () => currentTheme().inks[line.ink];
  const isArea = stacked && !line.limit;
  return {
    stroke: ink,
    width: stacked || line.limit ? 1 : 1.5,
    ...(line.dashed && { dash: [5, 4] }),
    // Of a stack only the lowest reaches the ground; bands fill the others.
    ...(isArea && { fill: () => `${ink()}88` }),
    points: { show: true, size: 3, fill: ink, filter: lonely },
  };
}

/** Points between two gaps, which no line shows. */
function lonely(plot: uPlot, at: number): number[] {
  const values = plot.data[at]!;
  const found: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (isKnown(values[i]) && !isKnown(values[i - 1]) && !isKnown(values[i + 1])) found.push(i);
  }
  return found;
}

function isKnown(value: number | null | undefined): boolean {
  return value !== null && value !== undefined;
}

/** Each area is filled down to the one below it. */
function bandsOf(lines: readonly Line[]): uPlot.Band[] {
  const areas = lines.flatMap((line, at) => (line.limit ? [] : [at + 1]));
  return areas.slice(1).map((upper, at) => ({
    series: [upper, areas[at]!],
    fill: () => `${currentTheme().inks[lines[upper - 1]!.ink]}88`,
  }));
}

/** Behind the lines: what lasted is a band, at least two pixels wide. */
function drawMarks(plot: uPlot, marks: readonly Mark[]): void {
  const { ctx, bbox } = plot;
  const theme = currentTheme();
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const { from, to, isCritical } of marks) {
    const left = plot.valToPos(from, 'x', true);
    const width = Math.max(2 * devicePixelRatio, plot.valToPos(to, 'x', true) - left);
    ctx.fillStyle = `${isCritical ? theme.critical : theme.warning}38`;
    ctx.fillRect(left, bbox.top, width, bbox.height);
    ctx.fillStyle = isCritical ? theme.critical : theme.warning;
    ctx.fillRect(left, bbox.top, width, 3 * devicePixelRatio);
  }
  ctx.restore();
}
