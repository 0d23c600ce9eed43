/**
 * Ticks of a logarithmic axis and numbers with units, in the reader's browser. The function is sent there as its source
 * text (script.ts): it must use nothing from outside itself.
 */
export interface ScaleTools {
  /** From a neat 1, 2 or 5 below the least to one above the greatest. */
  logRange(min: number | null, max: number | null): [number, number];
  /** 1, 2, 5, 10, 20, … or, where that is too many, 1, 10, 100, … */
  logTicks(min: number, max: number): number[];
  latencyText(latencyMs: number): string;
  sizeText(sizeBytes: number): string;
}

export function scaleTools(): ScaleTools {
  function logRange(min: number | null, max: number | null): [number, number] {
    if (min === null || max === null || !(min > 0)) return [1, 10];
    const marks = steps(min / 10, max * 10, [1, 2, 5]);
    const low = marks.filter((mark) => mark <= min * 0.95).at(-1) ?? min / 2;
    const high = marks.find((mark) => mark >= max * 1.3) ?? max * 2;
    return [low, high];
  }

  function logTicks(min: number, max: number): number[] {
    return steps(min, max, Math.log10(max / min) > 3 ? [1] : [1, 2, 5]);
  }

  function steps(min: number, max: number, digits: readonly number[]): number[] {
    const ticks: number[] = [];
    for (let power = Math.floor(Math.log10(min)); power <= Math.ceil(Math.log10(max)); power += 1) {
      for (const digit of digits) {
        // Through text, because 5 * 10 ** -2 is not 0.05.
        const tick = Number(`${digit}e${power}`);
        if (tick >= min * 0.999 && tick <= max * 1.001) ticks.push(tick);
      }
    }
    return ticks;
  }

  function latencyText(latencyMs: number): string {
    if (latencyMs >= 1_000) return `${Number((latencyMs / 1_000).toFixed(2))} s`;
    return latencyMs >= 1 ? `${Number(latencyMs.toFixed(2))} ms` : `${Math.round(latencyMs * 1_000)} µs`;
  }

  function sizeText(sizeBytes: number): string {
    const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
    let value = sizeBytes;
    let unit = 0;
    for (; value >= 1_024 && unit < units.length - 1; unit += 1) value /= 1_024;
    return `${Number(value.toFixed(1))} ${units[unit]}`;
  }

  return { logRange, logTicks, latencyText, sizeText };
}
