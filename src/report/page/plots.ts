/** The plots of a run on its page: their places, legends and what they say in words; browser/ draws them. Pure. */
import { formatCount, formatDuration, formatInstant, formatSize, plural } from '../format.ts';
import type { Results, Sample } from '../results.ts';
import { html } from './html.ts';
import type { Content, Html } from './html.ts';
import type { Plotted } from './plot-data.ts';
import { latencyFigures } from './series.ts';
import type { LatencyFigures } from './series.ts';

export function plotsSection(results: Results, plotted: Plotted, samples: readonly Sample[]): Html {
  const { points, binMs } = plotted;
  return html`<section aria-labelledby="plots-title">
    <h2 id="plots-title">The run over time</h2>
    <p class="faint noprint">Drag across a plot to zoom all three, double-click to see everything again.</p>
    <div id="plots">
      ${
        points.length === 0
          ? html`<p>No client op was invoked: there is no latency to show.</p>`
          : [
              figure('latency', 'Latency of each op', outcomeLegend(results), latencyWords(plotted)),
              figure(
                'throughput',
                'Ops per second',
                html``,
                `Completed ops per second, in steps of ${formatDuration(binMs)}; on average ${averageRate(plotted)}.`,
              ),
            ]
      }
      ${
        samples.length === 0
          ? html`<p>Nothing un-synced was sampled.</p>`
          : figure('unsynced', 'Un-synced bytes', html``, unsyncedWords(samples))
      }
    </div>
    ${points.length > 0 && figuresTable(latencyFigures(points))}
    <noscript><p>The plots need JavaScript; everything else on this page does not.</p></noscript>
  </section>`;
}

function figure(name: string, title: string, legend: Html, words: string): Html {
  return html`<figure>
    <div class="over-plot">
      <h3>${title}</h3>
      ${legend}
      <output id="readout-${name}" class="readout" aria-live="off"></output>
    </div>
    <div id="plot-${name}" class="plot" role="img" aria-label="${title}. ${words}"></div>
    <figcaption>${words}</figcaption>
  </figure>`;
}

/** The same shapes and colours as in the plot. */
function outcomeLegend({ ops }: Results): Html {
  return html`<ul class="legend">
    <li>
      <svg viewBox="0 0 12 12" aria-hidden="true"><circle class="ok" cx="6" cy="6" r="3" /></svg>ok
      <span class="faint">${formatCount(ops.ok)}</span>
    </li>
    <li>
      <svg viewBox="0 0 12 12" aria-hidden="true"><path class="fail" d="M2 2 10 10M2 10 10 2" /></svg>fail
      <span class="faint">${formatCount(ops.fail)}</span>
    </li>
    <li>
      <svg viewBox="0 0 12 12" aria-hidden="true"><path class="info" d="M6 1 11 10H1Z" /></svg>info
      <span class="faint">${formatCount(ops.info)}, outcome unknown</span>
    </li>
  </ul>`;
}

function latencyWords({ points, shownCount }: Plotted): string {
  const shown =
    shownCount === points.length
      ? `All ${plural(points.length, 'op')}`
      : `${formatCount(shownCount)} of ${plural(points.length, 'op')}: those that did not succeed, and an even choice of the others`;
  return `${shown}, each at the time of its invocation, on a logarithmic scale. Shaded: what the nemesis did.`;
}

function averageRate({ points, data }: Plotted): string {
  const ok = points.filter(({ outcome }) => outcome === 'ok').length;
  return `${formatCount(Math.round(ok / data.durationS))} ok per second`;
}

function unsyncedWords(samples: readonly Sample[]): string {
  const peak = samples.reduce((highest, sample) =>
    sample.unsyncedBytes > highest.unsyncedBytes ? sample : highest,
  );
  return `Bytes that a cut at that instant could take; at most ${formatSize(peak.unsyncedBytes)}, at ${formatInstant(peak.timeMs)}.`;
}

function figuresTable(rows: readonly LatencyFigures[]): Html {
  return html`<div class="scroll" role="region" tabindex="0" aria-label="Latencies">
    <table>
      <caption>
        Latency of successful ops, over the whole run
      </caption>
      <thead>
        <tr>
          <th scope="col">Op</th>
          ${['ok', 'fail', 'info', 'median', '95 %', '99 %', 'longest'].map(
            (name) => html`<th scope="col" class="figure">${name}</th>`,
          )}
        </tr>
      </thead>
      <tbody>
        ${rows.map(figuresRow)}
      </tbody>
    </table>
  </div>`;
}

function figuresRow({ f, ok, fail, info, quantiles }: LatencyFigures): Html {
  const cell = (content: Content) => html`<td class="figure">${content}</td>`;
  const latency = (latencyMs: number | undefined) =>
    cell(latencyMs === undefined ? '–' : formatDuration(latencyMs));
  return html`<tr>
    <th scope="row">${f}</th>
    ${[ok, fail, info].map((count) => cell(formatCount(count)))}
    ${[quantiles?.p50, quantiles?.p95, quantiles?.p99, quantiles?.max].map(latency)}
  </tr>`;
}
