/** What was run and how to run it again, on a run's page. Pure. */
import { formatDuration } from '../format.ts';
import type { Results } from '../results.ts';
import { asSentence, contractTerms, rulesName, targetName, validWord } from '../verdict.ts';
import { html, webAddress } from './html.ts';
import type { Content, Html } from './html.ts';

export function setupSection(results: Results): Html {
  const { contract } = results;
  const link = webAddress(contract.link);
  const fact = (name: string, content: Content) =>
    html`<dt>${name}</dt>
      <dd>${content}</dd>`;
  return html`<section aria-labelledby="setup-title">
    <h2 id="setup-title">Set-up</h2>
    <dl class="facts">
      ${fact('Target', targetName(results))} ${fact('Settings', settings(results))}
      ${fact('Workload', results.workload)} ${fact('Nemesis', results.nemesis.join(', ') || 'none')}
      ${fact(results.fileSystem === undefined ? 'Profile' : 'Disk', rulesName(results))}
      ${fact('Image', results.image)}
      ${fact('Contract', [
        html`<b>${contract.kind}</b>: ${asSentence(contract.reason)} `,
        link === undefined ? '' : html`<a href="${link}" rel="noreferrer">The vendor’s page</a>`,
        html`<ul>
          ${contractTerms(contract).map((term) => html`<li>${term}</li>`)}
        </ul>`,
      ])}
      ${fact(
        'Checkers',
        Object.entries(results.checkers).map(
          ([name, figures], at) => html`${at > 0 && ', '}${name} <b>${validWord(figures.valid)}</b>`,
        ),
      )}
      ${fact('Seed', results.seed)} ${fact('Started', results.startedAt)}
      ${fact('Took', formatDuration(results.durationMs))} ${fact('powercut', results.powercut)}
      ${fact('Store', html`<code>${results.store}</code>`)}
      ${fact('Repeat', html`<code class="command">${results.command}</code>`)}
    </dl>
  </section>`;
}

function settings({ target }: Results): Content {
  const entries = Object.entries(target.settings);
  if (entries.length === 0) return 'none';
  return html`<ul class="inline">
    ${entries.map(([name, value]) => html`<li><code>${name}=${value}</code></li>`)}
  </ul>`;
}
