/**
 * report.html as a reader sees it: rendered by the built program, opened in Chromium without a network. Screenshots of the
 * last run lie in tests/report/screenshots/.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PageInput } from '../../src/report/page/page.ts';
import { lostWrite, sampleResults } from '../../src/report/testing/sample-results.ts';
import { sampleRun } from '../../src/report/testing/sample-run.ts';
import { countPixels, findChromium, launch, openPage, picture } from './support/browser.ts';

const screenshots = fileURLToPath(new URL('screenshots/', import.meta.url));
const built = new URL('../../dist/report/page/page.js', import.meta.url).href;
const plots = ['latency', 'throughput', 'unsynced'] as const;
const path = findChromium();
/** A loaded computer draws late. */
const soon = { timeout: 30_000 };

describe.skipIf(path === undefined)('report.html in a browser', () => {
  let browser: Browser;
  let directory: string;
  let url: string;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'powercut-page-'));
    url = rendered('sample', sampleRun());
    browser = await launch(path!);
  }, 120_000);

  afterAll(async () => {
    await browser.close();
    rmSync(directory, { recursive: true });
  });

  /** By the built program in a process of its own: no test tool has touched its code. */
  function rendered(name: string, input: PageInput): string {
    const program = `
      import { readFileSync } from 'node:fs';
      import { renderPage } from ${JSON.stringify(built)};
      process.stdout.write(renderPage(JSON.parse(readFileSync(0, 'utf8'))));`;
    const page = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
      input: JSON.stringify(input),
      maxBuffer: 64 * 2 ** 20,
    });
    const file = join(directory, `${name}.html`);
    writeFileSync(file, page);
    return pathToFileURL(file).href;
  }

  test.each([
    { name: 'light', width: 1_400, colorScheme: 'light' },
    { name: 'dark', width: 1_400, colorScheme: 'dark' },
    { name: 'narrow', width: 400, colorScheme: 'light' },
  ] as const)(
    '$name: every plot is drawn, nothing overflows, nobody complains',
    async ({ name, ...look }) => {
      const { page, complaints, requests, close } = await openPage(browser, url, look);
      // Blue dots, magenta crosses, amber triangles; blue steps; a teal area.
      expect(await countPixels(page, 'latency', 'b - r > 40 && b > g')).toBeGreaterThan(500);
      expect(await countPixels(page, 'latency', 'r - g > 70 && b - g > 20')).toBeGreaterThan(50);
      expect(await countPixels(page, 'latency', 'r - b > 80 && g - b > 30')).toBeGreaterThan(10);
      expect(await countPixels(page, 'throughput', 'b - r > 40')).toBeGreaterThan(200);
      expect(await countPixels(page, 'unsynced', 'g - r > 30 && b - r > 30')).toBeGreaterThan(200);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(look.width);
      expect(complaints).toEqual([]);
      expect(requests.filter((request) => !request.startsWith('data:'))).toEqual([url]);
      const file = join(screenshots, `${name}.png`);
      await page.screenshot({ path: file, fullPage: true });
      expect(statSync(file).size).toBeGreaterThan(20_000);
      await close();
    },
  );

  test('pointing at an op names it, in all plots at once', async () => {
    const { page, close } = await openPage(browser, url, { width: 1_400, colorScheme: 'light' });
    await page.hover('#plot-unsynced .u-over');
    await expect
      .poll(() => page.textContent('#readout-unsynced'), soon)
      .toMatch(/^\d+\.\d s · [\d.]+ (B|KiB)$/);
    expect(await page.textContent('#readout-throughput')).toMatch(
      / s · \d+ ok\/s · \d+ fail\/s · \d+ info\/s$/,
    );
    // Where latencies are dense, something is within reach.
    const over = page.locator('#plot-latency .u-over');
    const { width, height } = (await over.boundingBox())!;
    await over.hover({ position: { x: width * 0.4, y: height * 0.45 } });
    await expect
      .poll(() => page.textContent('#readout-latency'), soon)
      .toMatch(/ s · (add|read).* by \d+ · ok · [\d.]+ (ms|s)$/);
    await close();
  });

  test('dragging zooms all plots, a double click shows everything again', async () => {
    const { page, complaints, close } = await openPage(browser, url, { width: 1_400, colorScheme: 'light' });
    const pictures = () => Promise.all(plots.map((plot) => picture(page, plot)));
    const whole = await pictures();
    const over = page.locator('#plot-throughput .u-over');
    await over.scrollIntoViewIfNeeded();
    const { x, y, width, height } = (await over.boundingBox())!;
    await page.mouse.move(x + width * 0.5, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.7, y + height / 2, { steps: 5 });
    await page.mouse.up();
    await expect
      .poll(async () => (await pictures()).map((now, at) => now === whole[at]), soon)
      .toEqual([false, false, false]);
    await over.dblclick();
    await expect
      .poll(async () => (await pictures()).map((now, at) => now === whole[at]), soon)
      .toEqual([true, true, true]);
    expect(complaints).toEqual([]);
    await close();
  });

  test('the colours follow the reader while the page is open', async () => {
    const { page, close } = await openPage(browser, url, { width: 1_400, colorScheme: 'light' });
    const light = await picture(page, 'unsynced');
    await page.emulateMedia({ colorScheme: 'dark' });
    await expect.poll(async () => (await picture(page, 'unsynced')) === light, soon).toBe(false);
    await close();
  });

  test('who listens hears the structure: headings, tables, and what each plot shows', async () => {
    const { page, close } = await openPage(browser, url, { width: 400, colorScheme: 'light' });
    const heard = await page.locator('body').ariaSnapshot();
    expect(heard).toContain('heading "INVALID postgres 15.8 broke its promises: 2 findings');
    expect(heard).toContain('heading "Findings" [level=2]');
    expect(heard).toContain('table "Un-synced files"');
    expect(heard).toContain('columnheader "Byte ranges"');
    expect(heard).toMatch(
      /img "Un-synced bytes\. Bytes that a cut at that instant could take; at most [\d.]+ KiB/,
    );
    await close();
  });

  test('text of the programs under test runs nothing, even where markup is all it is', async () => {
    const attack =
      '"><img src=x onerror="document.title=\'owned\'"></script><script>document.title="owned"</script><!--';
    const finding = lostWrite({ message: attack });
    const hostile = rendered('hostile', {
      ...sampleRun(),
      results: sampleResults({
        target: { name: attack, version: '1', settings: { [attack]: attack } },
        findings: [{ ...finding, evidence: { ...finding.evidence, sentences: [attack], log: [attack] } }],
        notes: [attack],
        command: attack,
      }),
      history: [
        { index: 0, process: 1, type: 'invoke', f: attack, value: attack, timeMs: 1, boot: 1 },
        { index: 1, process: 1, type: 'ok', f: attack, value: attack, timeMs: 2, boot: 1 },
      ],
      spans: [{ f: attack, startMs: 1, endMs: 500 }],
      logs: [{ name: attack, lines: [attack] }],
    });
    const { page, complaints, requests, close } = await openPage(browser, hostile, {
      width: 1_400,
      colorScheme: 'light',
    });
    expect(await page.title()).not.toBe('owned');
    expect(await page.locator('img').count()).toBe(0);
    expect(complaints).toEqual([]);
    expect(requests.filter((request) => !request.startsWith('data:'))).toEqual([hostile]);
    await close();
  });

  test('on paper it is light and whole', async () => {
    const { page, close } = await openPage(browser, url, { width: 1_400, colorScheme: 'dark' });
    const file = join(screenshots, 'paper.pdf');
    await page.pdf({ path: file, format: 'A4' });
    expect(statSync(file).size).toBeGreaterThan(20_000);
    await page.emulateMedia({ media: 'print' });
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(253, 253, 252)');
    await close();
  });

  test('a run that did nothing has a page without a complaint', async () => {
    const nothing = rendered('nothing', {
      results: sampleResults({
        valid: 'unknown',
        unknown: 'no op was acknowledged',
        findings: [],
        unsynced: [],
        notes: [],
      }),
      history: [],
      samples: [],
      spans: [],
    });
    const { page, complaints, close } = await openPage(browser, nothing, {
      width: 1_400,
      colorScheme: 'light',
    });
    expect(await page.textContent('h1')).toContain('no op was acknowledged');
    expect(complaints).toEqual([]);
    await close();
  });
});
