/** Debian's Chromium, without a window, and what a page of it does. */
import { rmSync } from 'node:fs';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { type Owner, temporaryFolder } from './child.ts';
import { need } from './packages.ts';

/** None of its own requests, no sandbox (which wants rights that containers do not give), no GPU. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
];
/** ms. */
const LOOK = 100;

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Looks extends Partial<Size> {
  readonly scheme?: 'light' | 'dark';
  /** For code that a test brings in; the page's own policy does not hold then. */
  readonly bypassPolicy?: boolean;
  /** Of HTTP authentication. */
  readonly password?: string;
}

/** A page that is open, and all that went wrong on it. */
export interface Watched {
  readonly page: Page;
  /** Errors and warnings of the console, violations of the page's policy, exceptions. */
  readonly complaints: string[];
  /** Addresses that it asked for. */
  readonly requests: string[];
  /** Of an expression in the page. */
  value<Value>(expression: string): Promise<Value>;
  /** @throws after `limit` ms (default 30 s) with what the expression was then. */
  until(expression: string, limit?: number): Promise<void>;
}

export interface Chromium {
  readonly browser: Browser;
  close(): Promise<void>;
}

/** Whoever starts it closes it. */
export async function startChromium(): Promise<Chromium> {
  const folder = temporaryFolder('chromium');
  const browser = await puppeteer.launch({
    executablePath: need('chromium'),
    headless: true,
    userDataDir: folder,
    args: ARGUMENTS,
    // Whoever ends the tests ends this process, and the browser with it.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
  return {
    browser,
    async close() {
      await browser.close();
      // Its last processes may still write for a moment.
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}

/** In a profile of its own, which is gone when the test ends. */
export async function openPage(owner: Owner, { browser }: Chromium, url: string, looks: Looks = {}): Promise<Watched> {
  const { width = 1440, height = 900, scheme = 'light', bypassPolicy = false, password } = looks;
  const context = await browser.createBrowserContext();
  owner.teardown(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warn', 'assert'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => requests.push(request.url()));
  await page.setBypassCSP(bypassPolicy);
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await page.setViewport({ width, height });
  if (password !== undefined) await page.authenticate({ username: '', password });
  await page.goto(url);
  const value = <Value>(expression: string) => page.evaluate(expression) as Promise<Value>;
  const until = async (expression: string, limit = 30_000) => {
    const end = Date.now() + limit;
    for (;;) {
      const found = await value(expression);
      if (found) return;
      if (Date.now() > end) throw new Error(`not within ${limit} ms: ${expression} (${JSON.stringify(found)})`);
      await new Promise((resolve) => setTimeout(resolve, LOOK));
    }
  };
  return { page, complaints, requests, value, until };
}
