/** The exit codes of powercut, one meaning each; scripts and CI rely on them, so that they never change. */
export const exitCodes = {
  /** Every promise was kept. Nothing but a test that tested something, or a question that was answered, ends with 0. */
  valid: 0,
  /** A promise was broken. */
  invalid: 1,
  /** The run tested nothing, or a checker reached its bound. */
  unknown: 2,
  /** The command line is wrong. */
  usage: 254,
  /** This machine cannot do it, or powercut itself failed. */
  unavailable: 255,
} as const;

/** How a command says its exit code; without a word it is 0. */
export type End = (exitCode: number) => void;

export function exitCodeOfVerdict(valid: true | false | 'unknown'): number {
  if (valid === 'unknown') return exitCodes.unknown;
  return valid ? exitCodes.valid : exitCodes.invalid;
}
