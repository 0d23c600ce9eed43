/**
 * The page's scripts and style sheets as text: uPlot as its package ships it, and our own functions by their source. Reads
 * uPlot from node_modules; the page itself never loads anything.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { markTools } from './browser/marks.ts';
import { startPlots } from './browser/plots.ts';
import { scaleTools } from './browser/scales.ts';

const resolve = createRequire(import.meta.url).resolve;

export interface PlotLibrary {
  readonly script: string;
  readonly style: string;
}

/** uPlot with its licence, which asks to travel along. */
export function plotLibrary(): PlotLibrary {
  const read = (file: string) => readFileSync(resolve(`uplot/${file}`), 'utf8').trim();
  const licence = `/*\n${read('LICENSE')}\n*/`;
  const script = `${licence}\n${read('dist/uPlot.iife.min.js')}`;
  const style = `${licence}\n${read('dist/uPlot.min.css')}`;
  assert(!/<\/script|<!--/i.test(script) && !/<\/style/i.test(style), 'uPlot would end its own element');
  return { script, style };
}

/** Our own part; what has to be in the page for it: `uPlot`, and the elements that page.ts makes. */
export function plotScript(): string {
  return `'use strict';
(() => {
const scales = (${scaleTools.toString()})();
const data = JSON.parse(document.getElementById('plot-data').textContent);
const marks = (${markTools.toString()})(window, data);
(${startPlots.toString()})(uPlot, window, data, marks, scales);
})();`;
}
