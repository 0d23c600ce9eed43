/**
 * The three plots on one time axis, in the reader's browser. The function is sent there as its source text (script.ts): it
 * must use nothing from outside itself but what it is given.
 */
import type uPlot from 'uplot';
import type { PlotData } from '../plot-data.ts';
import type { MarkTools } from './marks.ts';
import type { ScaleTools } from './scales.ts';
import type { BrowserElement, BrowserWindow } from './window.ts';

/** Draws all plots, and again when the width, the colours or the medium change. */
export function startPlots(
  UPlot: typeof uPlot,
  window: BrowserWindow,
  data: PlotData,
  marks: MarkTools,
  scales: ScaleTools,
): void {
  const { document } = window;
  const outcomes = ['ok', 'fail', 'info'] as const;
  const drawers = { latency: plotLatency, throughput: plotThroughput, unsynced: plotUnsynced };
  let drawn: uPlot[] = [];
  let drawnWidth = 0;

  function drawAll(width: number): void {
    for (const plot of drawn) plot.destroy();
    drawn = [];
    drawnWidth = width;
    for (const [name, drawer] of Object.entries(drawers)) {
      const place = document.getElementById(`plot-${name}`);
      if (place !== null) drawn.push(drawer(place, width));
    }
  }

  function plotLatency(place: BrowserElement, width: number): uPlot {
    const { timeS, latencyMs, outcome } = data.latency;
    const columns = outcomes.map((kind) =>
      latencyMs.map((value, at) => (outcome[at] === kind ? value : null)),
    );
    const pointsOf = (kind: (typeof outcomes)[number]): uPlot.Series => ({
      paths: () => null,
      points: {
        show(plot, series, first, last) {
          marks.drawPoints(plot, kind, series, first, last);
          return false;
        },
      },
    });
    const options: uPlot.Options = {
      ...common(width, width < 600 ? 240 : 320),
      // Room for two rows of names above.
      padding: [34, 24, 0, 0],
      series: [{}, ...outcomes.map(pointsOf)],
      scales: {
        x: timeScale(),
        y: { distr: 3, log: 10, range: (_plot, min, max) => scales.logRange(min, max) },
      },
      axes: [timeAxis(), latencyAxis()],
      hooks: {
        drawClear: [(plot) => marks.drawSpans(plot, true)],
        draw: [(plot) => marks.drawBroken(plot)],
        setCursor: [(plot) => say('latency', pointText(plot))],
      },
    };
    return new UPlot(options, [timeS, ...columns] as never, place as never);
  }

  function pointText(plot: uPlot): string {
    const at = marks.nearestPoint(plot);
    if (at === undefined) return '';
    const { timeS, latencyMs, outcome, label } = data.latency;
    return `${timeS[at]!.toFixed(3)} s · ${label[at]} · ${outcome[at]} · ${scales.latencyText(latencyMs[at]!)}`;
  }

  function plotThroughput(place: BrowserElement, width: number): uPlot {
    const rates = data.throughput;
    // Steps reach to the end of their bin: the last one needs a point there.
    const timeS = [...rates.timeS, Math.max(data.durationS, rates.timeS.at(-1) ?? 0)];
    const columns = outcomes.map((kind) => stepsOf([...rates[kind], rates[kind].at(-1) ?? 0], kind === 'ok'));
    const lineOf = (kind: (typeof outcomes)[number]): uPlot.Series => ({
      show: rates[kind].some((rate) => rate > 0),
      paths: UPlot.paths.stepped!({ align: 1 }),
      points: { show: false },
      stroke: marks.colour(kind),
      width: 1.5,
      ...(kind === 'ok' ? { fill: faded(marks.colour(kind)) } : {}),
      ...(kind === 'info' ? { dash: [4, 3] } : {}),
    });
    const options: uPlot.Options = {
      ...common(width, 150),
      series: [{}, ...outcomes.map(lineOf)],
      scales: { x: timeScale(), y: fromZero() },
      axes: [timeAxis(), valueAxis()],
      hooks: {
        drawClear: [(plot) => marks.drawSpans(plot, false)],
        setCursor: [
          (plot) => {
            const at = hovered(plot, rates.timeS);
            const texts = outcomes.map((kind) => `${Math.round(rates[kind][at ?? 0] ?? 0)} ${kind}/s`);
            say(
              'throughput',
              at === undefined ? '' : [`${rates.timeS[at]!.toFixed(1)} s`, ...texts].join(' · '),
            );
          },
        ],
      },
    };
    return new UPlot(options, [timeS, ...columns] as never, place as never);
  }

  /** Rare outcomes are drawn only where there are some: a line along zero says nothing. */
  function stepsOf(rates: readonly number[], everywhere: boolean): readonly (number | null)[] {
    return rates.map((rate, at) => (everywhere || rate > 0 || (rates[at - 1] ?? 0) > 0 ? rate : null));
  }

  function plotUnsynced(place: BrowserElement, width: number): uPlot {
    const { timeS, sizeBytes } = data.unsynced;
    const options: uPlot.Options = {
      ...common(width, 150),
      series: [
        {},
        {
          paths: UPlot.paths.stepped!({ align: 1 }),
          points: { show: false },
          stroke: marks.colour('unsynced'),
          fill: faded(marks.colour('unsynced')),
          width: 1.5,
        },
      ],
      scales: { x: timeScale(), y: fromZero() },
      axes: [
        timeAxis(),
        {
          ...valueAxis(),
          incrs: Array.from({ length: 50 }, (_, power) => 2 ** power),
          values: (_plot, ticks) => ticks.map((tick) => scales.sizeText(tick)),
        },
      ],
      hooks: {
        drawClear: [(plot) => marks.drawSpans(plot, false)],
        setCursor: [
          (plot) => {
            const at = hovered(plot, timeS);
            const text =
              at === undefined ? '' : `${timeS[at]!.toFixed(1)} s · ${scales.sizeText(sizeBytes[at]!)}`;
            say('unsynced', text);
          },
        ],
      },
    };
    return new UPlot(options, [timeS, sizeBytes] as never, place as never);
  }

  function common(
    width: number,
    height: number,
  ): Pick<uPlot.Options, 'width' | 'height' | 'padding' | 'legend' | 'cursor'> {
    return {
      width,
      height,
      padding: [10, 24, 0, 0],
      legend: { show: false },
      // One cursor and one zoom for all three: they share the axis.
      cursor: { sync: { key: 'run' }, points: { show: false }, drag: { x: true, y: false }, y: false },
    };
  }

  function timeScale(): uPlot.Scale {
    return {
      time: false,
      range(plot, min, max) {
        const times = plot.data[0];
        // Asked for all that this plot has: then the whole run, so that the three keep one axis.
        const isAll = !(min > times[0]!) && !(max < times.at(-1)!);
        return isAll ? [0, data.durationS] : [min, max];
      },
    };
  }

  function fromZero(): uPlot.Scale {
    return { range: (_plot, _min, max) => [0, (max || 1) * 1.1] };
  }

  function timeAxis(): uPlot.Axis {
    const seconds = (tick: number) => `${Number(tick.toFixed(3))} s`;
    return { ...valueAxis(), size: 32, space: 60, values: (_plot, ticks) => ticks.map(seconds) };
  }

  function latencyAxis(): uPlot.Axis {
    return {
      ...valueAxis(),
      splits: (_plot, _axis, min, max) => scales.logTicks(min, max),
      filter: (_plot, ticks) => ticks,
      values: (_plot, ticks) => ticks.map((tick) => scales.latencyText(tick)),
    };
  }

  function valueAxis(): uPlot.Axis {
    const line = { stroke: marks.colour('grid'), width: 1 };
    const font = '12px system-ui, sans-serif';
    return {
      stroke: marks.colour('faint'),
      font,
      size: 66,
      space: 28,
      grid: line,
      ticks: { ...line, size: 5 },
    };
  }

  function hovered(plot: uPlot, timeS: readonly number[]): number | undefined {
    const { left = -1, idx } = plot.cursor;
    return left < 0 || idx === null || idx === undefined ? undefined : Math.min(idx, timeS.length - 1);
  }

  function say(name: string, text: string): void {
    const place = document.getElementById(`readout-${name}`);
    if (place !== null) place.textContent = text;
  }

  /** Most of the colour taken away; colours are #rrggbb. */
  function faded(hex: string): string {
    return `${hex}2e`;
  }

  const widthNow = () => document.getElementById('plots')?.clientWidth ?? 0;
  drawAll(widthNow());
  window.addEventListener('resize', () => {
    if (widthNow() !== drawnWidth) drawAll(widthNow());
  });
  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => drawAll(drawnWidth));
  // Paper is white and narrower than most windows, and a canvas does not reflow by itself.
  window.addEventListener('beforeprint', () => {
    document.documentElement.setAttribute('data-paper', '');
    drawAll(Math.min(widthNow(), 680));
  });
  window.addEventListener('afterprint', () => {
    document.documentElement.removeAttribute('data-paper');
    drawAll(widthNow());
  });
}
