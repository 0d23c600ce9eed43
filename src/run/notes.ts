/** What a reader should know of a run though no promise was broken by it: a sentence each, none twice, and not without end. */
import { formatInstant, formatSize, plural } from '../report/format.ts';

const maxNotes = 100;

interface Left {
  readonly files: number;
  readonly sizeBytes: number;
}

export class Notes {
  readonly #sentences = new Set<string>();
  #omitted = 0;
  #deaths = 0;
  #firstDeath = '';
  #cleanStops = 0;
  #mostLeft: Left = { files: 0, sizeBytes: 0 };

  add(sentence: string): void {
    if (this.#sentences.has(sentence)) return;
    if (this.#sentences.size < maxNotes) this.#sentences.add(sentence);
    else this.#omitted++;
  }

  /** A target may end by itself again and again; that is one note. */
  addDeath(timeMs: number, sentence: string): void {
    this.#deaths++;
    if (this.#deaths === 1) this.#firstDeath = `at ${formatInstant(timeMs, 1)}: ${sentence}`;
  }

  /** What a clean shutdown left un-synced. */
  addCleanStop(left: Left): void {
    this.#cleanStops++;
    const more = left.sizeBytes - this.#mostLeft.sizeBytes || left.files - this.#mostLeft.files;
    if (more > 0) this.#mostLeft = left;
  }

  list(): readonly string[] {
    const omitted = this.#omitted === 0 ? [] : [`${plural(this.#omitted, 'more note')} of these kinds`];
    return [...this.#deathNote(), ...this.#cleanStopNote(), ...this.#sentences, ...omitted];
  }

  #deathNote(): string[] {
    if (this.#deaths === 0) return [];
    const times = this.#deaths === 1 ? 'once' : `${this.#deaths} times`;
    const first = this.#deaths === 1 ? '' : 'the first time ';
    return [`the target ended by itself ${times} and was started again, ${first}${this.#firstDeath}`];
  }

  #cleanStopNote(): string[] {
    if (this.#cleanStops === 0) return [];
    const { files, sizeBytes } = this.#mostLeft;
    const stops = this.#cleanStops === 1 ? 'a clean shutdown' : `${this.#cleanStops} clean shutdowns`;
    if (files === 0) return [`${stops} left nothing un-synced`];
    const most = this.#cleanStops === 1 ? '' : 'at most ';
    return [`${stops} left ${most}${formatSize(sizeBytes)} of data in ${plural(files, 'file')} un-synced`];
  }
}
