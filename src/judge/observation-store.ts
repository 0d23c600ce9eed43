/**
 * What one real file system was seen to leave of random programs, kept in a file as soon as it is known: a long run goes on where
 * it ended, and a rule that changed is held against all that was seen, without a file system and without root. One line for each
 * program, after a first one that says where they come from. Never mixes what was seen under different conditions.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Program } from '../litmus/program.ts';
import { textOf } from './fixture.ts';
import type { Provenance } from './judge.ts';
import { Observation } from './observation.ts';

/** What must be the same for all programs of a file. */
export interface StoreConditions extends Provenance {
  readonly seed: number;
  readonly cutsPerEpoch: number;
}

interface StoredProgram {
  readonly number: number;
  /** Its text: a generator that has changed since gives another. */
  readonly program: readonly string[];
  readonly images: number;
  readonly outcomes: Readonly<Record<string, string>>;
}

export class ObservationStore {
  readonly file: string;
  readonly #programs = new Map<number, StoredProgram>();

  private constructor(file: string) {
    this.file = file;
  }

  /** Throws an Error with a sentence where the file is no store. */
  static read(file: string): ObservationStore {
    const store = new ObservationStore(file);
    if (existsSync(file)) store.#read();
    return store;
  }

  /** To be added to. Throws where what is there was seen under other conditions. */
  static open(file: string, conditions: StoreConditions): ObservationStore {
    const head = JSON.stringify(conditions);
    if (!existsSync(file)) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, `${head}\n`);
    }
    const store = ObservationStore.read(file);
    const [known] = readFileSync(file, 'utf8').split('\n', 1);
    if (known !== head)
      throw new Error(`${file} was written under other conditions (${known}): move it away to begin anew`);
    return store;
  }

  get count(): number {
    return this.#programs.size;
  }

  /** Of this very program. */
  get(number: number, program: Program): Observation | undefined {
    const stored = this.#programs.get(number);
    if (stored === undefined || stored.program.join('\n') !== textOf(program).join('\n')) return undefined;
    const observation = Observation.fromRecord(stored.outcomes);
    observation.images = stored.images;
    return observation;
  }

  add(number: number, program: Program, observation: Observation): void {
    const { images } = observation;
    const stored = { number, program: textOf(program), images, outcomes: observation.toRecord() };
    appendFileSync(this.file, `${JSON.stringify(stored)}\n`);
    this.#programs.set(number, stored);
  }

  /** A last line without its end was being written when its run ended: it is taken away. */
  #read(): void {
    const text = readFileSync(this.file, 'utf8');
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    if (whole.length < text.length) truncateSync(this.file, Buffer.byteLength(whole));
    for (const line of whole.split('\n').slice(1, -1)) {
      const stored = JSON.parse(line) as StoredProgram;
      this.#programs.set(stored.number, stored);
    }
  }
}
