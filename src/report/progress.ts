/**
 * What a run is doing while it does it, on stderr. On a terminal one line is rewritten; elsewhere a line is printed every
 * few seconds and at each event. It only ever adds text to its stream: it must never fail a run.
 */
import type { Writable } from 'node:stream';
import { clip } from './columns.ts';
import { formatCount, formatInstant, formatSize, plural } from './format.ts';
import { printable } from './printable.ts';
import type { Output } from './terminal.ts';
import { paint, terminalOf } from './terminal.ts';

export interface Progress {
  /** What the run does now: `set-up`, `work`, `boot`, … */
  phase(name: string): void;
  /** Something happened: a sentence that stays on the screen. */
  event(sentence: string): void;
  sample(figures: ProgressFigures): void;
  /** Ends the display and leaves the cursor at the start of an empty line. */
  done(): void;
}

export interface ProgressFigures {
  readonly opsPerSecond: number;
  readonly unsyncedBytes: number;
  readonly cuts: number;
}

export interface ProgressOptions {
  /** How long the run is to take, where that is known. */
  readonly totalMs?: number;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
}

/** A terminal is redrawn at most so often; a log gets a line at least so often while samples come. */
const redrawEveryMs = 100;
const lineEveryMs = 5_000;
/** Clears the line and returns to its start. */
const eraseLine = '\r\u001b[2K';

export function startProgress(stream: Writable & Output, options: ProgressOptions = {}): Progress {
  if (!stream.listeners('error').includes(ignore)) stream.on('error', ignore);
  const now = options.now ?? (() => performance.now());
  const env = options.env ?? process.env;
  const teller = new Teller(now, options.totalMs);
  const rewriting = stream.isTTY === true && env['TERM'] !== 'dumb' && (env['CI'] ?? '') === '';
  return rewriting ? rewrittenLine(stream, teller, env) : printedLines(stream, teller);
}

/** A reader who went away (a closed pipe) is no reason to end a run. */
function ignore(): void {
  // Nothing to do, and nobody left to tell.
}

/** Keeps what is known and puts it into words. */
class Teller {
  readonly #now: () => number;
  readonly #totalMs: number | undefined;
  readonly #startMs: number;
  #phase = 'start';
  #figures: ProgressFigures | undefined;

  constructor(now: () => number, totalMs: number | undefined) {
    this.#now = now;
    this.#totalMs = totalMs;
    this.#startMs = now();
  }

  elapsedMs(): number {
    return this.#now() - this.#startMs;
  }

  enter(phase: string): void {
    this.#phase = printable(phase);
  }

  learn(figures: ProgressFigures): void {
    this.#figures = figures;
  }

  stamp(): string {
    return `[${formatInstant(this.elapsedMs(), 1).padStart(7)}]`;
  }

  /** `12.3 / 20.0 s`, or `12.3 s` where the end is open. */
  clock(): string {
    const elapsed = formatInstant(this.elapsedMs(), 1);
    return this.#totalMs === undefined
      ? elapsed
      : `${elapsed.slice(0, -2)} / ${formatInstant(this.#totalMs, 1)}`;
  }

  phase(): string {
    return this.#phase;
  }

  figures(): readonly string[] {
    if (this.#figures === undefined) return [];
    const { opsPerSecond, unsyncedBytes, cuts } = this.#figures;
    return [
      `${formatCount(Math.round(opsPerSecond))} ops/s`,
      `${formatSize(unsyncedBytes)} un-synced`,
      plural(cuts, 'cut'),
    ];
  }
}

function rewrittenLine(
  stream: Writable & Output,
  teller: Teller,
  env: Readonly<Record<string, string | undefined>>,
): Progress {
  let drawnMs = -Infinity;
  let ended = false;
  const draw = () => {
    if (ended) return;
    drawnMs = teller.elapsedMs();
    const terminal = terminalOf(stream, env);
    const rest = ['', teller.clock(), ...teller.figures()].join(' · ');
    // The last column stays free: a full line would make some terminals wrap, and the next rewrite miss it.
    const phase = clip(teller.phase(), Math.floor(terminal.columns / 2));
    const line = clip(phase + rest, terminal.columns - 1);
    stream.write(
      eraseLine + paint(terminal, 'strong', phase) + paint(terminal, 'faint', line.slice(phase.length)),
    );
  };
  const redraw = () => {
    if (teller.elapsedMs() - drawnMs >= redrawEveryMs) draw();
  };
  // The clock goes on while a boot or a cut gives no samples.
  const timer = setInterval(redraw, 250);
  timer.unref();
  return {
    phase(name) {
      teller.enter(name);
      draw();
    },
    event(sentence) {
      if (ended) return;
      stream.write(`${eraseLine}${teller.stamp()} ${printable(sentence)}\n`);
      draw();
    },
    sample(figures) {
      teller.learn(figures);
      redraw();
    },
    done() {
      if (ended) return;
      ended = true;
      clearInterval(timer);
      stream.write(eraseLine);
    },
  };
}

function printedLines(stream: Writable, teller: Teller): Progress {
  let printedMs = -Infinity;
  let ended = false;
  const print = (text: string) => {
    if (ended) return;
    printedMs = teller.elapsedMs();
    stream.write(`${teller.stamp()} ${text}\n`);
  };
  return {
    phase(name) {
      teller.enter(name);
      print(teller.phase());
    },
    event(sentence) {
      print(printable(sentence));
    },
    sample(figures) {
      teller.learn(figures);
      if (teller.elapsedMs() - printedMs < lineEveryMs) return;
      print([teller.phase(), ...teller.figures()].join(' · '));
    },
    done() {
      ended = true;
    },
  };
}
