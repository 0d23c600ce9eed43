/**
 * report.html: everything a run found in one file that needs nothing else, for reading, mailing and printing. It must load
 * nothing from a network, and no text that a program under test produced may become markup or script in it.
 */
import { createHash } from 'node:crypto';
import type { HistoryOp } from '../../checkers/history.ts';
import { formatCount, formatDuration, formatSize, plural } from '../format.ts';
import type { NemesisSpan, Results, Sample } from '../results.ts';
import { totalBytes } from '../unsynced.ts';
import { asSentence, targetName, verdictOf, warningsOf } from '../verdict.ts';
import type { Verdict } from '../verdict.ts';
import { findingsSection } from './findings.ts';
import { embedJson, html, preformatted, prose, trusted } from './html.ts';
import type { Html } from './html.ts';
import { plotted } from './plot-data.ts';
import { plotsSection } from './plots.ts';
import { plotLibrary, plotScript } from './script.ts';
import { setupSection } from './setup.ts';
import { styleSheet } from './style.ts';
import { unsyncedSection } from './unsynced.ts';

export interface PageInput {
  readonly results: Results;
  readonly history: readonly HistoryOp[];
  readonly samples: readonly Sample[];
  readonly spans: readonly NemesisSpan[];
  /** What the target said, by the name of the log; its last lines are shown. */
  readonly logs?: readonly { readonly name: string; readonly lines: readonly string[] }[];
}

export function renderPage(input: PageInput): string {
  const { results, samples } = input;
  const verdict = verdictOf(results);
  const plots = plotted(input);
  const library = plotLibrary();
  const styles = [library.style, styleSheet];
  const scripts = [library.script, plotScript()];
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${contentPolicy(scripts, styles)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${verdict.word.toLowerCase()}: ${targetName(results)} · powercut</title>
        <link rel="icon" href="data:," />
        ${styles.map((style) => element('<style>', style))}
      </head>
      <body>
        ${verdictHeader(results, verdict)}
        <main>
          ${tiles(results)} ${findingsSection(results)} ${plotsSection(results, plots, samples)}
          ${unsyncedSection(results.unsynced)} ${notesSection(results.notes)} ${logsSection(input.logs ?? [])}
          ${setupSection(results)}
        </main>
        ${element('<script type="application/json" id="plot-data">', embedJson(plots.data))}
        ${scripts.map((script) => element('<script>', script))}
      </body>
    </html>`.markup;
}

/** A style sheet or a script exactly as its hash was taken: not a space more. */
function element(tag: string, content: string): Html {
  return trusted(`${tag}${content}</${/^<(\w+)/.exec(tag)![1]!}>`);
}

/** Nothing from anywhere, and of scripts and style sheets only our own: what slipped through escaping would not run. */
function contentPolicy(scripts: readonly string[], styles: readonly string[]): string {
  const hashes = (texts: readonly string[]) =>
    texts.map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`).join(' ');
  return [
    "default-src 'none'",
    `script-src ${hashes(scripts)}`,
    `style-src ${hashes(styles)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

function verdictHeader(results: Results, { word, sentence }: Verdict): Html {
  const settings = Object.entries(results.target.settings).map(([name, value]) => `${name}=${value}`);
  const ran = [
    targetName(results),
    `workload ${results.workload}`,
    results.nemesis.join(', '),
    results.fileSystem === undefined ? `profile ${results.profile}` : `on a ${results.profile}`,
    ...settings,
  ];
  return html`<header class="verdict ${word.toLowerCase()}">
    <div>
      <p class="brand">powercut</p>
      <h1><span class="stamp">${word}</span> ${sentence}</h1>
      <p>${ran.filter((part) => part !== '').join(' · ')}</p>
    </div>
  </header>`;
}

function tiles(results: Results): Html {
  const { cuts, ops, findings, unsynced, durationMs } = results;
  const warnings = warningsOf(results).length;
  const tile = (figure: string, name: string, more = '') =>
    html`<li><b>${figure}</b> ${name} ${more !== '' && html`<span class="faint">${more}</span>`}</li>`;
  const outcomes = `${formatCount(ops.ok)} ok, ${formatCount(ops.fail)} fail, ${formatCount(ops.info)} info`;
  return html`<ul class="tiles" aria-label="The run in figures">
    ${tile(formatCount(findings.length), findings.length === 1 ? 'finding' : 'findings', warnings === 0 ? '' : `${plural(warnings, 'portability warning')} among them`)}
    ${tile(formatCount(cuts), cuts === 1 ? 'power cut' : 'power cuts', `in ${formatDuration(durationMs)}`)}
    ${tile(formatCount(ops.invoked), 'client ops', outcomes)}
    ${tile(formatSize(totalBytes(unsynced)), 'un-synced', `in ${plural(unsynced.length, 'file')}`)}
  </ul>`;
}

const notesMax = 100;

function notesSection(notes: readonly string[]): Html | undefined {
  if (notes.length === 0) return undefined;
  const rest = notes.length - notesMax;
  return html`<section aria-labelledby="notes-title">
    <h2 id="notes-title">Notes</h2>
    <ul>
      ${notes.slice(0, notesMax).map((note) => html`<li>${prose(asSentence(note))}</li>`)}
    </ul>
    ${rest > 0 && html`<p class="faint">… and ${formatCount(rest)} more in results.json.</p>`}
  </section>`;
}

const logsMax = 10;
const logLinesMax = 200;

function logsSection(logs: NonNullable<PageInput['logs']>): Html | undefined {
  if (logs.length === 0) return undefined;
  return html`<section aria-labelledby="logs-title">
    <h2 id="logs-title">What the target said</h2>
    ${logs.slice(0, logsMax).map(
      ({ name, lines }) =>
        html`<details>
          <summary><code>${name}</code> <span class="faint">${lastOf(lines.length)}</span></summary>
          <pre tabindex="0">${preformatted(lines.slice(-logLinesMax))}</pre>
        </details>`,
    )}
  </section>`;
}

function lastOf(count: number): string {
  return count > logLinesMax ? `last ${logLinesMax} of ${formatCount(count)} lines` : plural(count, 'line');
}
