/** The page: puts its parts together and hands on what the agent tells. */
import type { Finding } from '../../reporter/findings.ts';
import type { Now, TrackPoint } from '../feed.ts';
import { AppMetrics } from './app-metrics.ts';
import { Banner } from './banner.ts';
import { Board } from './board.ts';
import { Chronicle } from './chronicle.ts';
import { Connection } from './connection.ts';
import { find } from './dom.ts';
import { FindingList, keyOf, openFinding } from './finding-list.ts';
import { Health } from './health.ts';
import { Lane } from './lane.ts';
import { OpenFindings } from './open-findings.ts';
import { PANELS } from './panels.ts';
import type { Mark } from './plot.ts';
import { Requests } from './requests.ts';
import { Routes } from './routes.ts';
import { createToolbar } from './toolbar.ts';
import { View } from './view.ts';
import { visible } from './words.ts';
import { Workers } from './workers.ts';

const view = new View();
const board = new Board(view, () => findings.map(markOf));
const chronicle = new Chronicle(view, drawAll);
const health = new Health(chronicle.fine);
const openFindings = new OpenFindings();
const lane = new Lane();
const findingList = new FindingList();
const banner = new Banner(() => connection.start());
const routes = new Routes(board, () => isLive);
const workers = new Workers();

let isLive = false;
/** Epoch ms by the agent's clock. */
let time: number | undefined;
let findings: readonly Finding[] = [];

const connection = new Connection({
  async opened() {
    await chronicle.catchUp();
    drawAll();
  },
  now(now: Now) {
    isLive = true;
    time = now.time;
    banner.hide();
    health.show(now);
    routes.show(now);
    workers.show(now);
    showFindings();
  },
  point(point: TrackPoint) {
    chronicle.append(point);
    drawAll();
  },
  findings(list) {
    findings = list;
    if (!view.isPaused) board.draw();
    showFindings();
  },
  lost(refusal) {
    isLive = false;
    banner.lost(time, refusal);
  },
  refused(refusal) {
    isLive = false;
    banner.refused(refusal);
  },
});

function drawAll(): void {
  health.draw();
  if (view.reach(chronicle.first, chronicle.fine.last)) board.draw();
  drawLane();
}

function showFindings(): void {
  const at = time ?? Date.now();
  openFindings.show(findings, at);
  findingList.show(findings, at);
  drawLane();
}

function drawLane(): void {
  lane.draw(findings, view.span, time ?? Date.now());
}

function markOf(finding: Finding): Mark {
  const { since, until, severity, title } = finding;
  return {
    from: since,
    to: until ?? time ?? Date.now(),
    isCritical: severity === 'critical',
    title: visible(title),
    open: () => openFinding(keyOf(finding)),
  };
}

for (const panel of PANELS) {
  const chart = board.add({ panel, timeline: () => chronicle.timeline() });
  find('chart-list').append(chart.element);
}
createToolbar(view);
view.onChange(drawLane);
new Requests(() => isLive);
new AppMetrics(board, () => isLive);

// A page that nobody sees asks for nothing; when it is seen again it catches up.
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') connection.stop();
  else connection.start();
});
if (document.visibilityState !== 'hidden') connection.start();
