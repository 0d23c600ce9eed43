/** The valve between the kernel and the file system: what a power cut closes. */
export interface Gate {
  /**
   * Looked at before each request: `open` serves it; `held` keeps it, unanswered and unapplied; `failing` answers EIO.
   * When it turns from `held` to `open` the session serves what it held, in order; from `held` to `failing` it answers EIO.
   */
  state(): 'open' | 'held' | 'failing';
  /** Looked at before each request: messages wait that can be heard now, before a STATFS tells of them. Costs next to nothing. */
  isCalled(): boolean;
  /**
   * Called, or a STATFS arrived, whatever the state: messages may be waiting. Called before its answer, which is given even while
   * requests are held (EIO only while failing). STATFS and not a LOOKUP is the wake call because it takes no lock of any
   * directory: while a CREATE in the root is held, the kernel keeps the root locked and a LOOKUP there would never arrive.
   */
  wake(): void;
  /** A request that may have changed the disk was applied; the gate may close now, before the next one. */
  applied(): void;
}
