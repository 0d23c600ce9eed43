/** The findings of a run on its page: each in a sentence, then how it came about, then everything that proves it. Pure. */
import type { FindingClass } from '../../checkers/finding.ts';
import type { Op } from '../../disk/op.ts';
import { capitalized, formatCount, formatInstant, formatOpDetail, formatProcess, plural } from '../format.ts';
import { isFailure, whereItHolds } from '../profiles.ts';
import type { Finding, Results } from '../results.ts';
import { asSentence, replayCommand } from '../verdict.ts';
import { html, preformatted, prose } from './html.ts';
import type { Html } from './html.ts';
import { shortOp } from './plot-data.ts';

/** Beyond these, results.json is the better reader. */
const findingsMax = 50;
const diskOpsMax = 50;
const logLinesMax = 100;

const meanings: Readonly<Record<FindingClass, string>> = {
  'lost-write': 'an acknowledged op is gone',
  unrestartable: 'the target does not start',
  unopenable: 'the target starts, its data cannot be opened',
  hang: 'it starts and never answers',
  corruption: 'its own integrity check fails',
  resurrected: 'what was gone for certain is back',
  phantom: 'something that nobody ever wrote',
  duplicate: 'something that was written once is there twice',
  torn: 'an op is there in part',
  stale: 'a read missed what had been known before it began',
};

export function findingsSection(results: Results): Html {
  const { findings } = results;
  const shown = findings.slice(0, findingsMax);
  const rest = findings.length - shown.length;
  return html`<section aria-labelledby="findings">
    <h2 id="findings">Findings</h2>
    ${findings.length === 0 && html`<p>${nothingFound(results)}</p>`}
    ${shown.map((finding) => findingArticle(results, finding))}
    ${rest > 0 && html`<p class="faint">… and ${formatCount(rest)} more in results.json.</p>`}
  </section>`;
}

function nothingFound({ valid, cuts, ops }: Results): string {
  const tested = `${plural(cuts, 'cut')} and ${plural(ops.invoked, 'op')}, ${formatCount(ops.ok)} of them acknowledged`;
  return valid === 'unknown'
    ? `No broken promise was seen in ${tested}, and none was ruled out: the run is unknown.`
    : `No broken promise in ${tested}.`;
}

function findingArticle(results: Results, finding: Finding): Html {
  const { evidence } = finding;
  return html`<article class="finding" aria-labelledby="finding-${finding.number}">
    <header>
      <p class="label">
        <span class="number">${finding.number}</span>
        <strong>${finding.class}</strong> <span class="faint">${meanings[finding.class]}</span>
        ${!isFailure(finding, results.failOn) && html`<em>portability warning: no real file system shows it</em>`}
      </p>
      <h3 id="finding-${finding.number}">${prose(asSentence(finding.message))}</h3>
    </header>
    ${chain(finding)}
    ${
      evidence.sentences.length > 0 &&
      html`<ul class="sentences">
        ${evidence.sentences.map((sentence) => html`<li>${prose(asSentence(sentence))}</li>`)}
      </ul>`
    }
    ${log(finding)} ${diskOps(finding)}
    <dl class="facts">
      <dt>Rule</dt>
      <dd>${prose(asSentence(evidence.rule))}</dd>
      <dt>Profiles</dt>
      <dd>
        ${whereItHolds(finding).map((clause) => html`${prose(asSentence(capitalized(clause)))} `)}
        ${instead(finding)}
      </dd>
      ${
        finding.image !== undefined &&
        html`<dt>Replay</dt>
          <dd><code class="command">${replayCommand(results, finding)}</code></dd>`
      }
    </dl>
  </article>`;
}

/** What the same cut showed in its place under other profiles. */
function instead({ tried }: Finding): Html | undefined {
  const others = tried.filter(({ outcome }) => outcome === 'other');
  if (others.length === 0) return undefined;
  return html`<ul>
    ${others.map((one) => html`<li>${one.profile}: ${prose(asSentence(one.detail ?? ''))}</li>`)}
  </ul>`;
}

interface Step {
  readonly timeMs: number;
  readonly what: Html;
  readonly tone?: 'lost' | 'cut';
}

/** How it came about, step by step: invoked, written, acknowledged, cut, found. */
function chain(finding: Finding): Html {
  const { op, diskOps: ops, processes, cutMs } = finding.evidence;
  const steps: Step[] = [];
  if (op !== undefined) {
    const what = shortOp(op.f, op.value);
    steps.push({ timeMs: op.invokedMs, what: html`client ${op.process} asks: <b>${what}</b>` });
    if (op.acknowledgedMs !== undefined) {
      steps.push({ timeMs: op.acknowledgedMs, what: html`<b>${what}</b> is acknowledged` });
    }
  }
  const [first] = ops;
  if (first !== undefined) {
    const who = formatProcess(first.pid, processes?.[first.pid]);
    const what = html`${who}: ${first.kind} <code>${first.path}</code> ${formatOpDetail(first)}, never synced`;
    steps.push({ timeMs: first.timeMs, what, tone: 'lost' });
  }
  if (cutMs !== undefined) {
    const what = finding.cut > 0 ? html`<b>cut ${finding.cut}</b>` : html`<b>lost</b>`;
    steps.push({ timeMs: cutMs, what: html`${what}: what was never synced is dropped`, tone: 'cut' });
  }
  if (steps.length < 2) return html`<p class="faint">Seen ${whenSeen(finding)}.</p>`;
  steps.push({ timeMs: finding.timeMs, what: html`seen: ${meanings[finding.class]}`, tone: 'lost' });
  steps.sort((a, b) => a.timeMs - b.timeMs);
  return html`<ol class="chain" aria-label="How it came about">
    ${steps.map(
      ({ timeMs, what, tone }) =>
        html`<li class="${tone ?? 'plain'}">
          <time>${formatInstant(timeMs, 3)}</time><span>${what}</span>
        </li>`,
    )}
  </ol>`;
}

function whenSeen({ cut, timeMs }: Finding): string {
  return cut > 0 ? `after cut ${cut}, at ${formatInstant(timeMs)}` : `at ${formatInstant(timeMs)}`;
}

function log({ evidence }: Finding): Html | undefined {
  const lines = (evidence.log ?? []).slice(-logLinesMax);
  if (lines.length === 0) return undefined;
  const code =
    evidence.exitCode === undefined ? '' : `, exit code ${evidence.exitCode ?? 'none: ended by a signal'}`;
  return html`<details open>
    <summary>Last lines of the log${code}</summary>
    <pre tabindex="0">${preformatted(lines)}</pre>
  </details>`;
}

function diskOps({ evidence }: Finding): Html | undefined {
  const ops = evidence.diskOps.slice(0, diskOpsMax);
  if (ops.length === 0) return undefined;
  return html`<details>
    <summary>
      The disk ops that the cut dropped
      <span class="faint">(${plural(ops.length, 'op')}, the most telling first)</span>
    </summary>
    <div class="scroll" role="region" tabindex="0" aria-label="Dropped disk ops">
      <table>
        <thead>
          <tr>
            <th scope="col" class="figure">Op</th>
            <th scope="col" class="figure">Time</th>
            <th scope="col">Process</th>
            <th scope="col">Kind</th>
            <th scope="col">Path</th>
            <th scope="col">What</th>
          </tr>
        </thead>
        <tbody>
          ${ops.map((op) => diskOpRow(op, evidence.processes?.[op.pid]))}
        </tbody>
      </table>
    </div>
  </details>`;
}

function diskOpRow(op: Op, process: string | undefined): Html {
  return html`<tr>
    <td class="figure">${formatCount(op.number)}</td>
    <td class="figure">${formatInstant(op.timeMs, 3)}</td>
    <td>${formatProcess(op.pid, process)}</td>
    <td>${op.kind}</td>
    <td><code>${op.path}</code></td>
    <td>${formatOpDetail(op)}</td>
  </tr>`;
}
