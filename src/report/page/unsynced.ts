/** The table of un-synced files on a run's page: what each would lose, who wrote it last, and what the target says of it. Pure. */
import { formatCount, formatDuration, formatProcess, formatRanges, formatSize, plural } from '../format.ts';
import type { UnsyncedEntry } from '../results.ts';
import { mostTellingFirst, totalBytes, wordOn } from '../unsynced.ts';
import { asSentence } from '../verdict.ts';
import { html } from './html.ts';
import type { Content, Html } from './html.ts';

const rowsMax = 500;
const rangesMax = 6;

export function unsyncedSection(entries: readonly UnsyncedEntry[]): Html {
  const shown = mostTellingFirst(entries).slice(0, rowsMax);
  const rest = entries.length - shown.length;
  return html`<section aria-labelledby="unsynced-title">
    <h2 id="unsynced-title">Un-synced files</h2>
    ${
      entries.length === 0
        ? html`<p>No file was un-synced when the run asked.</p>`
        : html`<p>
              ${plural(entries.length, 'file')} with ${formatSize(totalBytes(entries))} that no fsync had
              covered, each at its worst.
            </p>
            ${table(shown)}`
    }
    ${rest > 0 && html`<p class="faint">… and ${formatCount(rest)} more in results.json.</p>`}
  </section>`;
}

/** On a narrow page rows become blocks (style.ts); the roles keep them a table for those who listen. */
function table(entries: readonly UnsyncedEntry[]): Html {
  const head = (name: string, isFigure = false) =>
    html`<th scope="col" role="columnheader" ${isFigure && html`class="figure"`}>${name}</th>`;
  return html`<table class="stacking" role="table" aria-labelledby="unsynced-title">
    <thead role="rowgroup">
      <tr role="row">
        ${head('Path')} ${head('Un-synced', true)} ${head('Byte ranges')} ${head('Age', true)}
        ${head('Last op')} ${head('Expected')}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${entries.map(row)}
    </tbody>
  </table>`;
}

function row(entry: UnsyncedEntry): Html {
  const { lastOp } = entry;
  const cell = (label: string, content: Content, isFigure = false) =>
    html`<td role="cell" data-label="${label}" ${isFigure && html`class="figure"`}>
      <div>${content}</div>
    </td>`;
  const why =
    entry.expected === undefined
      ? undefined
      : html`<br /><span class="faint">${asSentence(entry.expected.why)}</span>`;
  const word = wordOn(entry);
  return html`<tr role="row">
    <th scope="row" role="rowheader"><code>${entry.path}</code></th>
    ${cell('Un-synced', formatSize(entry.sizeBytes), true)}
    ${cell('Byte ranges', entry.ranges.length === 0 ? 'name or attributes only' : formatRanges(entry.ranges, rangesMax))}
    ${cell('Age', formatDuration(entry.ageMs), true)}
    ${cell('Last op', html`${lastOp.kind} by <span class="process">${formatProcess(lastOp.pid, entry.process)}</span>`)}
    ${cell('Expected', html`<span class="word ${wordClasses[word]}">${word}</span>${why}`)}
  </tr>`;
}

const wordClasses = {
  harmless: 'harmless',
  'lost means trouble': 'trouble',
  'not expected': 'unexpected',
} as const;
