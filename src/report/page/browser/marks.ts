/**
 * What is painted on the plots by hand, in the reader's browser: ops as dots, crosses and triangles, rings around broken
 * ones, the nemesis's spans behind everything. The function is sent there as its source text (script.ts): it must use
 * nothing from outside itself.
 */
import type uPlot from 'uplot';
import type { PlotData } from '../plot-data.ts';
import type { Outcome } from '../series.ts';
import type { BrowserCanvas, BrowserPath, BrowserWindow } from './window.ts';

export interface MarkTools {
  /** A colour of the page's style sheet, which knows light and dark. */
  colour(name: string): string;
  /** Each outcome has its own shape as well as its own colour. */
  drawPoints(plot: uPlot, outcome: Outcome, series: number, first: number, last: number): void;
  /** A ring around each op that a finding speaks of. */
  drawBroken(plot: uPlot): void;
  /** What the nemesis did; with names above the plot where there is room for them. */
  drawSpans(plot: uPlot, isNamed: boolean): void;
  /** The point under the cursor, as its position among the latencies. */
  nearestPoint(plot: uPlot): number | undefined;
}

export function markTools(window: BrowserWindow, data: PlotData): MarkTools {
  const { latency, broken, spans } = data;
  const font = (plot: uPlot, weight: number, sizePx: number) =>
    `${weight} ${sizePx * pixelsOf(plot)}px system-ui, sans-serif`;

  function colour(name: string): string {
    return window.getComputedStyle(window.document.documentElement).getPropertyValue(`--${name}`).trim();
  }

  /** Canvas pixels per CSS pixel, as this plot was made. */
  function pixelsOf(plot: uPlot): number {
    return plot.ctx.canvas.width / plot.width;
  }

  function canvasOf(plot: uPlot): BrowserCanvas {
    return plot.ctx as unknown as BrowserCanvas;
  }

  function drawPoints(plot: uPlot, outcome: Outcome, series: number, first: number, last: number): void {
    const canvas = canvasOf(plot);
    const radius = (outcome === 'ok' ? 1.7 : 3.4) * pixelsOf(plot);
    const path = new window.Path2D();
    const values = plot.data[series] as readonly (number | null | undefined)[];
    for (let at = first; at <= last; at += 1) {
      const value = values[at];
      if (value === null || value === undefined) continue;
      addShape(
        path,
        outcome,
        plot.valToPos(plot.data[0][at]!, 'x', true),
        plot.valToPos(value, 'y', true),
        radius,
      );
    }
    canvas.save();
    canvas.globalAlpha = outcome !== 'ok' ? 0.9 : last - first > 6_000 ? 0.35 : 0.6;
    canvas.lineWidth = 1.5 * pixelsOf(plot);
    canvas.strokeStyle = canvas.fillStyle = colour(outcome);
    if (outcome === 'fail') canvas.stroke(path);
    else canvas.fill(path);
    canvas.restore();
  }

  function addShape(path: BrowserPath, outcome: Outcome, x: number, y: number, radius: number): void {
    switch (outcome) {
      case 'ok':
        path.moveTo(x + radius, y);
        path.arc(x, y, radius, 0, 2 * Math.PI);
        break;
      case 'fail':
        path.moveTo(x - radius, y - radius);
        path.lineTo(x + radius, y + radius);
        path.moveTo(x - radius, y + radius);
        path.lineTo(x + radius, y - radius);
        break;
      case 'info':
        path.moveTo(x, y - radius * 1.2);
        path.lineTo(x + radius * 1.1, y + radius * 0.8);
        path.lineTo(x - radius * 1.1, y + radius * 0.8);
        path.closePath();
    }
  }

  function drawBroken(plot: uPlot): void {
    const canvas = canvasOf(plot);
    const pixels = pixelsOf(plot);
    const { left, width } = plot.bbox;
    canvas.save();
    canvas.lineWidth = 2 * pixels;
    canvas.font = font(plot, 600, 12);
    canvas.textAlign = 'left';
    canvas.textBaseline = 'middle';
    let labelledTo = -Infinity;
    for (const { timeS, latencyMs, label } of broken) {
      const x = plot.valToPos(timeS, 'x', true);
      const y = plot.valToPos(latencyMs, 'y', true);
      if (x < left || x > left + width) continue;
      canvas.strokeStyle = colour('bad');
      const ring = new window.Path2D();
      ring.arc(x, y, 7 * pixels, 0, 2 * Math.PI);
      canvas.stroke(ring);
      const textWidth = canvas.measureText(label).width;
      const from = x > left + width / 2 ? x - 14 * pixels - textWidth : x + 14 * pixels;
      if (from < labelledTo || from < left) continue;
      labelledTo = from + textWidth + 8 * pixels;
      canvas.globalAlpha = 0.88;
      canvas.fillStyle = colour('paper');
      canvas.fillRect(from - 4 * pixels, y - 9 * pixels, textWidth + 8 * pixels, 18 * pixels);
      canvas.globalAlpha = 1;
      canvas.fillStyle = colour('bad');
      canvas.fillText(label, from, y);
    }
    canvas.restore();
  }

  function drawSpans(plot: uPlot, isNamed: boolean): void {
    const canvas = canvasOf(plot);
    const pixels = pixelsOf(plot);
    const { left, top, width, height } = plot.bbox;
    const rowEnds = [-Infinity, -Infinity];
    canvas.save();
    canvas.font = font(plot, 400, 11);
    canvas.textAlign = 'left';
    canvas.textBaseline = 'alphabetic';
    for (const { label, startS, endS, isFault } of spans) {
      const from = Math.max(left, plot.valToPos(startS, 'x', true));
      const to = Math.min(left + width, plot.valToPos(endS, 'x', true));
      if (to < left || from > left + width) continue;
      canvas.fillStyle = colour(isFault ? 'fault' : 'span');
      canvas.fillRect(from, top, Math.max(2 * pixels, to - from), height);
      const row = rowEnds.findIndex((end) => from > end);
      const textWidth = canvas.measureText(label).width;
      if (!isNamed || row === -1 || from + textWidth > left + width + 4 * pixels) continue;
      rowEnds[row] = from + textWidth + 8 * pixels;
      const rise = (6 + row * 13) * pixels;
      canvas.fillStyle = colour(isFault ? 'bad' : 'faint');
      canvas.fillRect(from, top - rise - 8 * pixels, pixels, rise + 8 * pixels);
      canvas.fillText(label, from + 4 * pixels, top - rise);
    }
    canvas.restore();
  }

  function nearestPoint(plot: uPlot): number | undefined {
    const { left = -1, top = -1 } = plot.cursor;
    if (left < 0 || top < 0) return undefined;
    const reachPx = 14;
    const start = plot.posToIdx(left);
    let nearest: number | undefined;
    let distance = reachPx * reachPx;
    for (const step of [-1, 1]) {
      for (let at = step === 1 ? start : start - 1; at >= 0 && at < latency.timeS.length; at += step) {
        const dx = plot.valToPos(latency.timeS[at]!, 'x') - left;
        if (Math.abs(dx) > reachPx) break;
        const dy = plot.valToPos(latency.latencyMs[at]!, 'y') - top;
        if (dx * dx + dy * dy >= distance) continue;
        distance = dx * dx + dy * dy;
        nearest = at;
      }
    }
    return nearest;
  }

  return { colour, drawPoints, drawBroken, drawSpans, nearestPoint };
}
