/**
 * The last screen of `powercut test`: the verdict and why one may believe it, for a terminal. Results in, text out. No
 * line is wider than the terminal, except for a path or a word of a command, which people copy and which is never broken.
 */
import { clip, columnsOf, fit, pad, padLeft, wrap, wrapCommand } from './columns.ts';
import {
  capitalized,
  formatCount,
  formatDuration,
  formatInstant,
  formatProcess,
  enumerate,
  formatSize,
  plural,
} from './format.ts';
import { groupFindings } from './groups.ts';
import type { FindingGroup } from './groups.ts';
import { lastWords } from './last-words.ts';
import { printable } from './printable.ts';
import { whereItHolds } from './profiles.ts';
import type { Finding, Results, UnsyncedEntry } from './results.ts';
import { paint, plainTerminal } from './terminal.ts';
import type { Style, Terminal } from './terminal.ts';
import { mostTellingFirst, totalBytes, wordOn } from './unsynced.ts';
import type { Word } from './unsynced.ts';
import {
  asSentence,
  contractTerms,
  failuresOf,
  replayCommand,
  rulesName,
  targetName,
  validWord,
  verdictOf,
  warningsOf,
} from './verdict.ts';
import type { Verdict } from './verdict.ts';

/** One screen: what is beyond is counted, and stands in results.json. */
const findingsMax = 6;
const unsyncedMax = 5;
const notesMax = 5;

export function renderScreen(results: Results, terminal: Terminal = plainTerminal): string {
  const screen = new Screen(terminal);
  addVerdict(screen, verdictOf(results));
  addRun(screen, results);
  addFindings(screen, 'Findings', failuresOf(results));
  addFindings(screen, 'Portability warnings: no real file system shows these', warningsOf(results));
  addUnsynced(screen, results.unsynced);
  addNotes(screen, results.notes);
  addWhereToGo(screen, results);
  return screen.text();
}

const verdictStyles: Readonly<Record<Verdict['word'], Style>> = {
  VALID: 'good',
  INVALID: 'bad',
  UNKNOWN: 'doubtful',
};
const verdictSigns: Readonly<Record<Verdict['word'], string>> = { VALID: '✔', INVALID: '✘', UNKNOWN: '?' };

function addVerdict(screen: Screen, verdict: Verdict): void {
  const sign = `${verdictSigns[verdict.word]} ${verdict.word}`;
  screen.blank();
  screen.paragraph(verdict.sentence, {
    label: sign,
    labelStyle: verdictStyles[verdict.word],
    style: 'strong',
  });
  screen.blank();
}

function addRun(screen: Screen, results: Results): void {
  const { contract, ops } = results;
  const settings = Object.entries(results.target.settings).map(([name, value]) => `${name}=${value}`);
  screen.field('Target', [targetName(results), ...settings.map(printable)].join(' · '));
  screen.field('Workload', `${printable(results.workload)} · seed ${results.seed}`);
  screen.field('Nemesis', results.nemesis.length === 0 ? 'none' : printable(results.nemesis.join(', ')));
  const image = results.image === 'lose-all' ? '' : ` · image ${printable(results.image)}`;
  screen.field(results.fileSystem === undefined ? 'Profile' : 'Disk', printable(rulesName(results)) + image);
  screen.field('Contract', `${contract.kind}: ${asSentence(contract.reason)}`);
  screen.field('', `It asks that ${enumerate(contractTerms(contract))}.`, 'faint');
  screen.field(
    'Ops',
    `${formatCount(ops.invoked)}: ${formatCount(ops.ok)} ok, ${formatCount(ops.fail)} fail, ` +
      `${formatCount(ops.info)} info · ${plural(results.cuts, 'cut')} · ${formatDuration(results.durationMs)}`,
  );
  const checkers = Object.entries(results.checkers).map(([name, { valid }]) => `${name} ${validWord(valid)}`);
  if (checkers.length > 0) screen.field('Checkers', printable(checkers.join(', ')));
}

function addFindings(screen: Screen, title: string, findings: readonly Finding[]): void {
  if (findings.length === 0) return;
  screen.heading(title);
  const groups = groupFindings(findings);
  const shown = groups.slice(0, findingsMax);
  for (const group of shown) addFinding(screen, group);
  const told = shown.reduce((sum, group) => sum + group.count, 0);
  if (told < findings.length) {
    screen.item('', `… and ${formatCount(findings.length - told)} more in results.json`, 'faint');
  }
}

function addFinding(screen: Screen, { example, count, cuts }: FindingGroup): void {
  const number = `${example.number}`;
  const title = count === 1 ? example.class : `${example.class} × ${formatCount(count)}`;
  const where =
    example.cut > 0
      ? ` · cut ${example.cut}, ${formatInstant(example.timeMs)}`
      : ` · ${formatInstant(example.timeMs)}`;
  screen.item(number, title + where, 'strong');
  screen.item('', asSentence(example.message));
  const proof = proofOf(example);
  if (proof.length > 0) screen.item('', `Proof: ${asSentence(proof.join('; '))}`);
  screen.quote('Its last words:', example.evidence.log, 'faint');
  // A fault that takes nothing from the disk asks no profile.
  if (example.cut > 0) screen.item('', asSentence(capitalized(whereItHolds(example).join('; '))), 'faint');
  if (count > 1) {
    const shown =
      cuts.length > 1 ? `, after cuts ${cuts.slice(0, 8).join(', ')}${cuts.length > 8 ? ', …' : ''}` : '';
    screen.item('', `… and ${formatCount(count - 1)} more of this class${shown}`, 'faint');
  }
}

/** The first sentence that adds to the message; of a failed start how often it was tried, and then what it was that was lost. */
function proofOf({ message, evidence }: Finding): readonly string[] {
  const sentences = evidence.sentences.filter((sentence) => asSentence(sentence) !== asSentence(message));
  return sentences.slice(0, evidence.exitCode === undefined ? 1 : 2);
}

const wordStyles: Readonly<Record<Word, Style>> = {
  harmless: 'faint',
  'lost means trouble': 'bad',
  'not expected': 'doubtful',
};

function addUnsynced(screen: Screen, entries: readonly UnsyncedEntry[]): void {
  if (entries.length === 0) return;
  screen.heading(`Un-synced: ${plural(entries.length, 'file')}, ${formatSize(totalBytes(entries))}`);
  const shown = mostTellingFirst(entries).slice(0, unsyncedMax);
  const whoColumns = Math.min(20, Math.max(...shown.map((entry) => columnsOf(lastWriter(entry)))));
  const pathColumns = Math.max(10, screen.columns - 4 - 10 - 12 - 2 - whoColumns);
  let word: Word | undefined;
  for (const entry of shown) {
    if (word !== wordOn(entry)) {
      word = wordOn(entry);
      screen.line(`  ${paint(screen.terminal, wordStyles[word], word)}`);
    }
    const cells = [
      pad(fit(printable(entry.path), pathColumns), pathColumns),
      padLeft(formatSize(entry.sizeBytes), 10),
      padLeft(`${formatDuration(entry.ageMs)} old`, 12),
      `  ${clip(lastWriter(entry), whoColumns)}`,
    ];
    screen.line(`    ${clip(cells.join(''), screen.columns - 4)}`);
  }
  if (entries.length > shown.length) {
    screen.item('', `… and ${formatCount(entries.length - shown.length)} more in results.json`, 'faint');
  }
}

function lastWriter(entry: UnsyncedEntry): string {
  return formatProcess(entry.lastOp.pid, entry.process);
}

function addNotes(screen: Screen, notes: readonly string[]): void {
  if (notes.length === 0) return;
  screen.heading('Notes');
  for (const note of notes.slice(0, notesMax)) screen.item('•', asSentence(note));
  if (notes.length > notesMax)
    screen.item('', `… and ${notes.length - notesMax} more in results.json`, 'faint');
}

function addWhereToGo(screen: Screen, results: Results): void {
  screen.blank();
  screen.copied('Report', `${printable(results.store)}/report.html`);
  screen.command('Repeat', printable(results.command));
  const kept = results.findings.find((finding) => finding.image !== undefined);
  if (kept !== undefined) screen.command('Replay', printable(replayCommand(results, kept)));
}

const labelColumns = 10;

/** Lines under construction, all of one width. */
class Screen {
  readonly terminal: Terminal;
  readonly columns: number;
  readonly #lines: string[] = [];

  constructor(terminal: Terminal) {
    this.terminal = terminal;
    this.columns = terminal.columns;
  }

  text(): string {
    return `${this.#lines.join('\n')}\n`;
  }

  line(text: string): void {
    this.#lines.push(text);
  }

  blank(): void {
    this.#lines.push('');
  }

  heading(text: string): void {
    this.blank();
    this.paragraph(text, { style: 'heading' });
  }

  /** A name and what it stands for; wrapped lines stand under the first. */
  field(label: string, text: string, style?: Style): void {
    this.paragraph(text, { label: pad(`  ${label}`, labelColumns + 1), labelStyle: 'faint', style });
  }

  /** A mark in the margin and a paragraph beside it. */
  item(mark: string, text: string, style?: Style): void {
    this.paragraph(text, { label: padLeft(mark, 3), labelStyle: 'faint', style });
  }

  /** What somebody else said, line for line under a title; nothing where nothing was said. */
  quote(title: string, said: readonly string[] | undefined, style: Style): void {
    const indent = ' '.repeat(6);
    const rows = lastWords(said, this.columns - indent.length);
    if (rows.length > 0) this.item('', title, style);
    for (const row of rows) this.line(indent + this.#paint(style, row));
  }

  command(label: string, command: string): void {
    const lines = wrapCommand(command, this.columns - labelColumns - 2);
    this.#labelled(label, lines);
  }

  copied(label: string, text: string): void {
    this.#labelled(label, [text]);
  }

  paragraph(
    text: string,
    layout: {
      readonly label?: string;
      readonly labelStyle?: Style;
      readonly style?: Style | undefined;
    },
  ): void {
    const label = layout.label === undefined ? '' : `${layout.label} `;
    const indent = columnsOf(label);
    const lines = wrap(text, this.columns - indent);
    for (const [position, line] of lines.entries()) {
      const margin = position === 0 ? this.#paint(layout.labelStyle, label) : ' '.repeat(indent);
      this.line(margin + this.#paint(layout.style, line));
    }
  }

  #labelled(label: string, lines: readonly string[]): void {
    for (const [position, line] of lines.entries()) {
      this.line(this.#paint('faint', pad(position === 0 ? `  ${label}` : '', labelColumns + 2)) + line);
    }
  }

  #paint(style: Style | undefined, text: string): string {
    return style === undefined ? text : paint(this.terminal, style, text);
  }
}
