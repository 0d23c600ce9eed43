/**
 * What a target promises under its settings, as a record that checkers judge by. `documented` is the vendor's promise;
 * `strict` asks for everything. Pure data.
 */
export interface Contract {
  /**
   * Which acknowledged ops must be there after a cut: all; all but those acknowledged within a window before it; all but
   * the last so many; or any.
   */
  readonly acknowledged: 'all' | { readonly lossWindowMs: number } | { readonly lossLastOps: number } | 'any';
  /** `prefix`: what is lost is a tail, nothing acknowledged earlier is missing while something later is there. */
  readonly order: 'prefix' | 'any';
  /** An op is there wholly or not at all. */
  readonly atomic: boolean;
  /** After any cut the target starts again and answers. */
  readonly restartable: boolean;
}

export const strictContract: Contract = {
  acknowledged: 'all',
  order: 'prefix',
  atomic: true,
  restartable: true,
};

/** A contract and where it comes from, as results show it. */
export interface JudgedContract extends Contract {
  readonly kind: 'documented' | 'strict';
  /** Why this contract applies, in a sentence: a vendor's promise, or "the vendor calls fsync=off unsafe: judged as strict". */
  readonly reason: string;
  /** The vendor's page. */
  readonly link?: string;
  /**
   * What a plain `kill` (the process dies, the disk stays) may take, where it differs: an asynchronous commit lives in
   * the process's memory for up to its window. Absent: a kill takes nothing.
   */
  readonly kill?: Pick<Contract, 'acknowledged' | 'order'>;
}
