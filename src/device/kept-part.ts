/** What a power cut keeps of a block write. Pure data. */

/** Devices write sectors as a whole, and promise no more. */
export const sectorSizeBytes = 512;

/** A part of a write, in bytes from its start; all of it, or whole sectors of it. */
export interface KeptPart {
  /** Its place among the writes that the cut chooses from. */
  readonly write: number;
  readonly start: number;
  readonly end: number;
}
