/** Seeded numbers for made-up runs: the same seed gives the same report. Mulberry32. */
export interface Random {
  /** In [0, 1). */
  uniform(): number;
  /** In [0, below). */
  integer(below: number): number;
  /** Latencies are log-normal: most near the median, a long tail. */
  logNormal(median: number, spread: number): number;
}

export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    uniform,
    integer: (below) => Math.floor(uniform() * below),
    logNormal(median, spread) {
      const normal = Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
      return median * Math.exp(spread * normal);
    },
  };
}
