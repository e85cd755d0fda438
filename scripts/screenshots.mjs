/**
 * `npm run screenshots`: the demo's shop under its load, in Debian's Chromium, as pictures in docs/images/. Takes about
 * five minutes. `CHROMIUM` names another browser. Wants a machine with nothing else to do.
 */
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import puppeteer from 'puppeteer-core';
import { startFront } from '../dist/examples/demo/front.js';
import { startLoad } from '../dist/examples/demo/load.js';
import { freePort, startShop } from '../dist/examples/demo/shop.js';

const FOLDER = fileURLToPath(new URL('../docs/images/', import.meta.url));
/** ms of load before the first picture: charts with something in them. */
const WARM = 270_000;
/** Requests per second. */
const RATE = 40;
/** ms that one report computes, while its picture is taken. */
const HANG = 9000;
const LARGEST = 300_000;
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-dev-shm-usage'];
const DESK = { width: 1440, height: 1180 };
const PHONE = { width: 360, height: 780, deviceScaleFactor: 2 };

mkdirSync(FOLDER, { recursive: true });
const profile = mkdtempSync(join(tmpdir(), 'loadline-screenshots-'));
const shop = startShop(await freePort());
const target = await shop.listening;
const front = await startFront({ target });
const load = startLoad(front.url, RATE);
const page = shop.metrics.replace(/metrics$/, '');
let browser;
try {
  await sleep(WARM);
  const executablePath = process.env.CHROMIUM || '/usr/bin/chromium';
  browser = await puppeteer.launch({ executablePath, headless: true, userDataDir: profile, args: ARGUMENTS });
  await picture('dashboard-light.png', DESK, 'light');
  await picture('dashboard-dark.png', DESK, 'dark');
  await picture('dashboard-phone.png', PHONE, 'light');
  const report = fetch(`${target}/api/orgs/acme/reports/2026?ms=${HANG}`);
  await picture('dashboard-hang.png', DESK, 'dark', HANG - 4000);
  await report;
} finally {
  await browser?.close();
  await load.stop(0);
  await front.close();
  await shop.stop();
  rmSync(profile, { recursive: true, force: true });
}

/** @param wait ms after the page was opened */
async function picture(name, size, scheme, wait = 4000) {
  const tab = await browser.newPage();
  await tab.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await tab.setViewport(size);
  await tab.goto(page);
  await Promise.all([tab.waitForSelector('.chart canvas'), sleep(wait)]);
  const path = join(FOLDER, name);
  await tab.screenshot({ path, optimizeForSpeed: false });
  await tab.close();
  const bytes = statSync(path).size;
  if (bytes > LARGEST) throw new Error(`${name} has ${bytes} bytes, more than ${LARGEST}`);
  process.stdout.write(`${path} ${bytes} bytes\n`);
}
