/** A real browser on a page file, without a network, and what it says against the page. */
import { accessSync, constants } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';

const given = process.env['CHROMIUM_PATH'];
const usual = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The browser's path. Without one the tests are skipped, loudly; in CI that is a failure. */
export function findChromium(): string | undefined {
  const found = (given === undefined ? usual : [given]).find(isExecutable);
  if (found !== undefined) return found;
  const sentence = 'no Chromium here: the page is not looked at. Debian has it as the package `chromium`.';
  if ((process.env['CI'] ?? '') !== '') throw new Error(sentence);
  console.warn(`SKIPPED: ${sentence}`);
  return undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export async function launch(path: string): Promise<Browser> {
  // Tests run as root, where Chromium's own sandbox refuses to.
  return chromium.launch({
    executablePath: path,
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
    timeout: 60_000,
  });
}

export interface OpenPage {
  readonly page: Page;
  /** Console messages and uncaught errors. */
  readonly complaints: readonly string[];
  /** Everything that it asked for. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

export async function openPage(
  browser: Browser,
  url: string,
  look: { readonly width: number; readonly colorScheme: 'light' | 'dark' },
): Promise<OpenPage> {
  const context = await browser.newContext({
    viewport: { width: look.width, height: 900 },
    colorScheme: look.colorScheme,
    offline: true,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(url, { waitUntil: 'load', timeout: 60_000 });
  await settled(page);
  return { page, complaints, requests, close: () => context.close() };
}

/** Plots draw in a microtask, the browser shows them a frame later. */
async function settled(page: Page): Promise<void> {
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
}

/** How many pixels of a plot's canvas have a colour of that kind. `condition` speaks of r, g, b. */
export async function countPixels(page: Page, plot: string, condition: string): Promise<number> {
  return page.evaluate<number>(`(() => {
    const canvas = document.querySelector('#plot-${plot} canvas');
    // A copy: reading the page's own canvas would change how the browser draws it.
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let at = 0; at < data.length; at += 4) {
      const [r, g, b, a] = data.subarray(at, at + 4);
      if (a > 60 && (${condition})) count += 1;
    }
    return count;
  })()`);
}

/** A plot's picture, to see whether it changed. */
export async function picture(page: Page, plot: string): Promise<string> {
  return page.evaluate<string>(`document.querySelector('#plot-${plot} canvas').toDataURL()`);
}
