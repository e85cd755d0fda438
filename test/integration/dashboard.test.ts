/** The dashboard in a real browser: the demo's load, a block, hostile names, a lost app. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { startFront } from '../../examples/demo/front.ts';
import { startLoad } from '../../examples/demo/load.ts';
import { HOSTILE } from '../fixtures/dashboard-app.ts';
import { type App, startApp, startExampleApp } from '../support/app.ts';
import { temporaryFolder } from '../support/child.ts';
import { type Chromium, openPage, startChromium, type Watched } from '../support/chromium.ts';
import { openLoop } from '../support/load.ts';
import { freePort } from '../support/ports.ts';

/** Tall enough that everything is in sight: what is not is not drawn. */
const WALL = { width: 1440, height: 3000 };
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8');

let chromium: Chromium;
test.before(async () => {
  chromium = await startChromium();
});
test.after.always(() => chromium.close());

const pageOf = (app: App) => `http://127.0.0.1:${app.metricsPort}/`;
const LOOKS = [
  ['light', 1440, 'light'],
  ['dark', 1024, 'dark'],
  ['phone', 360, 'light'],
] as const;
/** What axe finds. */
const SERIOUS = `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
  .then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => id + ': ' + nodes.map((node) => node.html + ' ' + node.failureSummary).join(' | ')))`;
const texts = (selector: string) =>
  `[...document.querySelectorAll(${JSON.stringify(selector)})].map((e) => e.textContent)`;

/** A page of this agent alone, without a complaint. */
function isClean(t: ExecutionContext, { complaints, requests }: Watched, url: string): void {
  t.deepEqual(complaints, []);
  t.deepEqual(
    requests.filter((address) => !address.startsWith(url)),
    [],
  );
  t.true(requests.length > 5, 'requests are seen at all');
}

/** The shop of the demo under its load, behind its front end. */
async function startShop(t: ExecutionContext): Promise<App> {
  const app = await startExampleApp(t, 'shop', { OTEL_SERVICE_NAME: 'shop' });
  const front = await startFront({ target: app.url });
  const load = startLoad(front.url, 60);
  t.teardown(async () => {
    await load.stop(0);
    await front.close();
  });
  return app;
}

test.serial('Every panel has data from the demo’s load within 15 s, and every part can be used', async (t) => {
  const app = await startShop(t);
  const began = Date.now();
  const watched = await openPage(t, chromium, pageOf(app), WALL);
  const { page, value, until } = watched;

  await until('document.querySelectorAll("#chart-list .chart").length === 12');
  await until('document.querySelectorAll("#chart-list .chart:not(.is-empty) canvas").length === 12', 60_000);
  await until('document.querySelectorAll("#vitals .vital:not([data-state=unknown])").length === 6');
  await until('document.querySelectorAll("#route-list tbody tr").length >= 9');
  await until('document.querySelectorAll("#worker-list tbody tr").length === 1');
  await until('document.querySelectorAll("#metric-list tbody tr").length > 10');
  await until('/Healthy|limit|busy/i.test(document.querySelector("#verdict-text").textContent)');
  t.log(`all panels after ${((Date.now() - began) / 1000).toFixed(1)} s`);
  const routes = await value<string[]>(texts('#route-list tbody th .pattern'));
  t.true(routes.includes('/api/products/:id'), routes.join());

  // One route over time, from the table.
  await page.click('#route-list .row-link');
  await until('document.querySelectorAll("#route-list .chart:not(.is-empty) canvas").length === 2');
  t.is(await value('document.querySelector("#route-list .row-link[aria-expanded=true]") !== null'), true);

  // A metric, searched and plotted.
  await page.type('#metric-filter', 'shop.cart');
  await until('document.querySelector("#metric-list tbody th").textContent === "shop.cart.items"');
  await page.click('#metric-list .row-link');
  await until('document.querySelectorAll("#metric-list .chart:not(.is-empty) canvas").length === 1');

  // A chart as a table, with what it shows.
  await page.click('#chart-duration .chart-head button');
  await until('document.querySelectorAll("#chart-duration tbody tr").length > 0');
  t.deepEqual(await value(texts('#chart-duration thead th')), ['Time', 'p50', 'p90', 'p99']);
  isClean(t, watched, pageOf(app));
});

test.serial('The page is used by keyboard alone, and keeps the stretch that was chosen', async (t) => {
  const app = await startShop(t);
  const { page, value, until } = await openPage(t, chromium, pageOf(app), WALL);
  await until('document.querySelectorAll("#chart-list .chart:not(.is-empty) canvas").length >= 10', 60_000);
  await until('document.querySelector("#route-list button")?.checkVisibility()', 60_000);

  await page.keyboard.press('Tab');
  t.is(await value('document.activeElement.className'), 'skip');
  const reached = new Set<string>();
  const walk = async (steps: number) => {
    for (let i = 0; i < steps; i++) {
      await page.keyboard.press('Tab');
      const [name, outline] = await value<[string, string]>(
        '(() => { const e = document.activeElement; return [e.closest("[id]")?.id + " " + e.tagName, getComputedStyle(e).outlineStyle]; })()',
      );
      reached.add(name);
      t.is(outline, 'solid', `${name} shows no focus`);
    }
  };
  await walk(30);
  await page.focus('#chart-gc .plot');
  await walk(5);
  for (const place of ['toolbar BUTTON', 'chart-requests DIV', 'route-filter INPUT', 'route-list BUTTON']) {
    t.true([...reached].includes(place), `${place} cannot be reached: ${[...reached].join(', ')}`);
  }

  await page.focus('#chart-duration .plot');
  await page.keyboard.press('ArrowLeft');
  await until('/p50 .*p99 /.test(document.querySelector("#chart-duration [aria-live]").textContent)');
  t.is(await value('new Set([...document.querySelectorAll("#chart-list .at")].map((e) => e.textContent)).size'), 1);
  await page.keyboard.press('+');
  const shown = await value<string>('document.querySelector(".shown").textContent');
  t.regex(shown, /\d\d:\d\d:\d\d to \d\d:\d\d:\d\d/);
  const points = 'document.querySelector("#chart-duration p[id$=words]").textContent';
  const latest = await value<string>('document.querySelector("#about").textContent');
  await until(`document.querySelector("#about").textContent !== ${JSON.stringify(latest)}`);
  t.is(await value('document.querySelector(".shown").textContent'), shown);
  t.true((await value<string>(points)).length > 0);
  await page.keyboard.press('Escape');
  t.is(await value('document.querySelector(".shown").textContent'), 'Drag in a chart to zoom');

  await page.focus('#route-list th:nth-child(2) button');
  await page.keyboard.press('Enter');
  t.is(await value('document.querySelector("#route-list th:nth-child(2)").getAttribute("aria-sort")'), 'descending');
  await page.keyboard.press('Space');
  t.is(await value('document.querySelector("#route-list th:nth-child(2)").getAttribute("aria-sort")'), 'ascending');
});

test.serial('While the app is blocked the page goes on, and the stall bears the guilty function’s name', async (t) => {
  const app = await startApp(t, 'dashboard-app', { LOADLINE_SLOW_REQUEST: '600000' });
  const watched = await openPage(t, chromium, pageOf(app), WALL);
  const { page, value, until } = watched;
  await openLoop({ rate: 20, count: 20, url: () => `${app.url}/orders` });
  // Blocked for ten seconds or more, as long as it takes to look at it, on a busy machine too.
  const end = join(temporaryFolder('dashboard'), 'end');
  t.teardown(() => rmSync(dirname(end), { recursive: true, force: true }));
  const block = fetch(`${app.url}/block-until/${encodeURIComponent(end)}`).then((answer) => answer.text(), String);

  await until('/blocked.*tallyEverything/.test(document.querySelector("#verdict-text").textContent)', 90_000);
  t.is(await value('document.querySelector("#verdict").dataset.state'), 'critical');
  await until('/tallyEverything/.test(document.querySelector("#open-findings").textContent)');
  const latest = 'document.querySelector("#chart-utilization p[id$=words]").textContent';
  const [age, words] = ['document.querySelector("#open-findings .age").textContent', await value(latest)];
  for (let i = 0; i < 10; i++) await until(`${age} !== ${JSON.stringify(await value(age))}`);
  await until(`${latest} !== ${JSON.stringify(words)}`);
  writeFileSync(end, '');
  t.is(await block, 'done');

  await until('document.querySelector("#open-findings").children.length === 0');
  await until('/tallyEverything/.test(document.querySelector(".finding-title").textContent)');
  await until('document.querySelectorAll("#lane .mark").length >= 1');
  await page.click('#lane .mark');
  await until('document.querySelector("details.finding[open]") !== null');
  const body = await value<string>('document.querySelector("details.finding[open] .finding-body").textContent');
  t.regex(body, /tallyEverything/);
  t.regex(body, /dashboard-app\.(js|ts):\d+/);
  t.regex(body, /\/block-until\//);
  isClean(t, watched, pageOf(app));
});

test.serial('Hostile names are text, in light, in dark and on a phone, and axe finds nothing serious', async (t) => {
  const app = await startApp(t, 'dashboard-app', { LOADLINE_SLOW_REQUEST: '1000' });
  await openLoop({
    rate: 50,
    count: 60,
    url: (i) => app.url + encodeURI(HOSTILE[i % HOSTILE.length]!).replaceAll('#', '%23'),
  });
  const slow = fetch(`${app.url}/wait/60000/${encodeURIComponent(HOSTILE[0]!)}`).catch(() => undefined);
  t.teardown(() => slow);

  const strict = await openPage(t, chromium, pageOf(app), WALL);
  await strict.until('document.querySelectorAll("#route-list tbody tr").length >= 5');
  await strict.until('document.querySelectorAll("#metric-list tbody tr").length >= 5');
  await strict.until('document.querySelectorAll("#request-list tbody tr").length >= 1');
  await strict.until('document.querySelectorAll(".finding").length >= 1');
  const routes = (await strict.value<string[]>(texts('#route-list tbody th .pattern'))).join('\n');
  const labels = (await strict.value<string[]>(texts('#metric-list tbody td bdi'))).join('\n');
  for (const text of HOSTILE.slice(0, 3)) {
    t.true(routes.includes(text), `${text} in ${routes}`);
    t.true(labels.includes(JSON.stringify(text)), `${text} in ${labels}`);
  }
  t.true(routes.includes('/\\u202egnp.exe\\u2066'));
  t.notRegex(await strict.value<string>('document.body.textContent'), /[\u202e\u2066]/);
  t.deepEqual(await strict.value(texts('main img, main script, main [autofocus], main [onerror], main [onfocus]')), []);
  t.regex(await strict.page.title(), /loadline/);
  for (const button of await strict.page.$$('#route-list .row-link, #metric-list .row-link')) await button.click();
  await strict.page.click('.finding summary');
  await strict.until('document.querySelectorAll(".plotted").length >= 6');
  isClean(t, strict, pageOf(app));
  await strict.page.close();

  const { page, value, until } = await openPage(t, chromium, pageOf(app), { ...WALL, bypassPolicy: true });
  await until('document.querySelectorAll(".chart canvas").length > 5');
  await until('document.querySelectorAll("#route-list tbody tr").length >= 5');
  await page.click('.finding summary');
  await page.click('#route-list .row-link');
  await page.click('#chart-memory .chart-head button');
  await until('document.querySelectorAll("#chart-memory tbody tr").length > 0');
  await page.evaluate(AXE);
  for (const [name, width, scheme] of LOOKS) {
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await page.setViewport({ width, height: WALL.height });
    t.is(await value('document.documentElement.scrollWidth'), width, `${name}: scrolls sideways`);
    t.deepEqual(await value(SERIOUS), [], name);
  }
  await app.stop();
});

test.serial('When the app ends the page says since when, and goes on when it is back', async (t) => {
  const metricsPort = await freePort();
  const env = { OTEL_EXPORTER_PROMETHEUS_PORT: String(metricsPort) };
  const url = `http://127.0.0.1:${metricsPort}/`;
  const first = await startApp(t, 'dashboard-app', env);
  const { value, until } = await openPage(t, chromium, url);
  await until('/pid/.test(document.querySelector("#about").textContent)');
  const about = await value<string>('document.querySelector("#about").textContent');
  t.is(await value('document.querySelector("#banner").hidden'), true);

  await first.stop();
  await until(
    '/No data since \\d\\d:\\d\\d:\\d\\d: the agent does not answer/.test(document.querySelector("#banner").textContent)',
  );
  t.is(await value('document.body.classList.contains("stale")'), true);

  await startApp(t, 'dashboard-app', env);
  await until('document.querySelector("#banner").hidden', 60_000);
  await until(
    `document.querySelector("#about").textContent.split(" · ")[1] !== ${JSON.stringify(about.split(' · ')[1])}`,
  );
  t.is(await value('document.body.classList.contains("stale")'), false);
});

test.serial('A page that nobody sees asks for nothing, and catches up when it is seen again', async (t) => {
  const app = await startApp(t, 'dashboard-app');
  const { requests, value, until } = await openPage(t, chromium, pageOf(app), WALL);
  const about = 'document.querySelector("#about").textContent';
  const see = (state: string) =>
    `Object.defineProperty(document, 'visibilityState', { value: '${state}', configurable: true });
     document.dispatchEvent(new Event('visibilitychange'))`;
  await until('document.querySelectorAll("#chart-list .chart canvas").length >= 5');
  await value(see('hidden'));
  // What was under way when it was hidden.
  await new Promise((resolve) => setTimeout(resolve, 500));
  const [before, asked] = [await value(about), requests.length];
  await new Promise((resolve) => setTimeout(resolve, 3000));
  t.is(await value(about), before);
  t.deepEqual(requests.slice(asked), []);
  await value(see('visible'));
  await until(`${about} !== ${JSON.stringify(before)}`);
  t.true(requests.slice(asked).some((address) => address.includes('/history')));
});

test.serial(
  'Where the agent wants its token the browser asks for it as a password, and the page has its data',
  async (t) => {
    const app = await startApp(t, 'dashboard-app', {
      OTEL_EXPORTER_PROMETHEUS_HOST: '0.0.0.0',
      LOADLINE_TOKEN: 'let-me-in-please',
    });
    const stranger = await chromium.browser.newPage();
    const refused = await stranger.goto(pageOf(app)).catch((error: Error) => error.message);
    t.regex(typeof refused === 'string' ? refused : String(refused?.status()), /401|INVALID_AUTH/);
    const { value, until } = await openPage(t, chromium, pageOf(app), { ...WALL, password: 'let-me-in-please' });
    await until('document.querySelectorAll("#chart-list .chart canvas").length >= 5');
    t.is(await value('document.querySelector("#banner").hidden'), true);
  },
);
