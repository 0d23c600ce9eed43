import { createHash } from 'node:crypto';
import { Script } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Results } from '../results.ts';
import { hostileText } from '../testing/texts.ts';
import { lostWrite, sampleResults } from '../testing/sample-results.ts';
import { sampleRun } from '../testing/sample-run.ts';
import { renderPage } from './page.ts';
import type { PlotData } from './plot-data.ts';

const run = sampleRun();
const page = renderPage(run);

/** The elements of that name in the page, as [attributes, content]. */
function elements(markup: string, name: string): [attributes: string, content: string][] {
  return [...markup.matchAll(new RegExp(`<${name}([^>]*)>([^]*?)</${name}>`, 'g'))].map(
    ([, a = '', c = '']) => [a, c],
  );
}

function plotDataOf(markup: string): PlotData {
  const [data] = elements(markup, 'script').filter(([attributes]) => attributes.includes('plot-data'));
  return JSON.parse(data![1]) as PlotData;
}

function bareRun(changes: Partial<Results>) {
  return { results: sampleResults(changes), history: [], samples: [], spans: [] };
}

describe('report.html', () => {
  test('tells the verdict, the findings with their proof, the un-synced files, and how to repeat it', () => {
    expect(page).toContain('<span class="stamp">INVALID</span> postgres 15.8 broke its promises');
    expect(page).toContain('37 of 2,804 acknowledged elements are gone after cut 2');
    expect(page).toContain(
      'its row was in <code>wal-0001</code>, bytes 8192–12287, written by postgres[88] at 12.29 s',
    );
    expect(page).toContain('PANIC:  could not locate a valid checkpoint record');
    expect(page).toContain('global/pg_control');
    expect(page).toContain('lost means trouble');
    expect(page).toContain('powercut replay store/postgres-set-power-cut/20250304T101500.000Z/findings/1');
    expect(page).toContain('--nemesis power-cut --time 20s --seed 7');
  });

  test('loads nothing: no address but links that a reader may follow', () => {
    expect(page).not.toMatch(/<(img|iframe|object|embed|audio|video|source|base)\b/);
    for (const [, address] of page.matchAll(/\b(?:src|href)="([^"]*)"/g)) {
      expect(address).toMatch(/^(data:,|https:\/\/www\.postgresql\.org\/)/);
    }
    expect(page).not.toMatch(/@import|url\(/);
  });

  test('the browser is told to run its own scripts and styles only, by their hashes', () => {
    const [, policy] = /Content-Security-Policy" content="([^"]*)"/.exec(page) ?? [];
    expect(policy).toMatch(/^default-src &#39;none&#39;; /);
    const own = [
      ...elements(page, 'style'),
      ...elements(page, 'script').filter(([attributes]) => attributes === ''),
    ];
    expect(own).toHaveLength(4);
    for (const [, content] of own) {
      expect(policy).toContain(`sha256-${createHash('sha256').update(content).digest('base64')}`);
    }
  });

  test('its scripts parse and use nothing from outside themselves', () => {
    for (const [, content] of elements(page, 'script').filter(([attributes]) => attributes === '')) {
      expect(() => new Script(content)).not.toThrow();
      expect(content).not.toMatch(/__vi_|import\(|import\.meta|require\(/);
    }
  });

  test('carries the licence of the library it inlines', () => {
    expect(page).toContain('Leon Sorokin');
  });

  test('every op is in the latency plot, the broken one marked', () => {
    const { latency, broken, spans } = plotDataOf(page);
    const lost = run.results.findings[0]!.evidence.op!;
    expect(run.history[lost.index]).toMatchObject({ value: lost.value, type: 'ok' });
    expect(latency.timeS).toHaveLength(run.results.ops.invoked);
    expect(latency.outcome.filter((outcome) => outcome === 'fail')).toHaveLength(run.results.ops.fail);
    expect(broken).toEqual([{ timeS: 12.2841, latencyMs: 16.1, label: 'lost-write: add 4711' }]);
    expect(spans.filter(({ isFault }) => isFault)).toHaveLength(3);
  });

  test('a long run is thinned, and says so', () => {
    const history = Array.from({ length: 60_000 }, (_, at) => ({
      index: at,
      process: 1,
      type: at % 2 === 0 ? ('invoke' as const) : at % 1_001 === 0 ? ('fail' as const) : ('ok' as const),
      f: 'add',
      value: at,
      timeMs: at / 3,
      boot: 1,
    }));
    const long = renderPage({ ...bareRun({}), history });
    const { latency } = plotDataOf(long);
    expect(latency.timeS).toHaveLength(20_000);
    expect(latency.outcome.filter((outcome) => outcome === 'fail')).toHaveLength(30);
    expect(long).toContain(
      '20,000 of 30,000 ops: those that did not succeed, and an even choice of the others',
    );
    expect(long.length).toBeLessThan(2_000_000);
  });

  test('a run that did nothing still has a page', () => {
    const markup = renderPage(
      bareRun({
        valid: 'unknown',
        unknown: 'no op was acknowledged',
        findings: [],
        unsynced: [],
        notes: [],
        nemesis: [],
        cuts: 0,
        ops: { invoked: 0, ok: 0, fail: 0, info: 0 },
        durationMs: 0,
      }),
    );
    expect(markup).toContain('no op was acknowledged.');
    expect(markup).toContain('No client op was invoked');
    expect(markup).toContain('No file was un-synced');
  });

  test('beyond its limits it counts', () => {
    const findings = Array.from({ length: 61 }, (_, at) => lostWrite({ number: at + 1 }));
    const notes = Array.from({ length: 103 }, (_, at) => `note ${at}`);
    const markup = renderPage(bareRun({ findings, notes }));
    expect(markup.match(/<article/g)).toHaveLength(50);
    expect(markup).toContain('… and 11 more in results.json');
    expect(markup).toContain('… and 3 more in results.json');
  });

  test('whatever programs, files and logs are called, it stays text', () => {
    const tags = (markup: string) => markup.match(/<[a-z!/][a-z]*/gi)?.join(' ');
    const hostile = (text: string) => {
      const finding = lostWrite({ message: text, image: text });
      const [entry] = sampleResults().unsynced;
      const [op] = finding.evidence.diskOps;
      return renderPage({
        results: sampleResults({
          target: { name: text, version: text, settings: { [`x${text}`]: text } },
          findings: [
            {
              ...finding,
              evidence: {
                ...finding.evidence,
                op: { ...finding.evidence.op!, f: text, value: text },
                diskOps: [{ ...op!, path: text, toPath: text }],
                processes: { [op!.pid]: text },
                rule: text,
                sentences: [text],
                log: [text],
              },
            },
          ],
          unsynced: [{ ...entry!, path: text, process: text, expected: { harmless: true, why: text } }],
          notes: [text],
          nemesis: [text],
          workload: text,
          profile: text,
          command: text,
          store: text,
          startedAt: text,
          powercut: text,
          checkers: { [text]: { valid: true } },
        }),
        history: [
          { index: 0, process: 1, type: 'invoke', f: text, value: text, timeMs: 1, boot: 1 },
          { index: 1, process: 1, type: 'ok', f: text, value: text, timeMs: 2, boot: 1 },
        ],
        samples: run.samples,
        spans: [{ f: text, startMs: 1, endMs: 2 }],
        logs: [{ name: text, lines: [text] }],
      });
    };
    const expected = tags(hostile('x'));
    fc.assert(
      fc.property(hostileText, (text) => {
        // Backticks make code of what they quote: markup, but ours.
        expect(tags(hostile(text.replaceAll('`', '')))).toBe(expected);
      }),
      { numRuns: 60 },
    );
  });

  test('an address that is not of the web is not a link', () => {
    const contract = { ...sampleResults().contract, link: 'javascript:alert(1)' };
    expect(renderPage(bareRun({ contract }))).not.toContain('javascript:');
  });
});
