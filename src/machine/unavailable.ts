/** This computer cannot do what was asked. The message is a whole sentence for a user: what failed, on what, what to do. */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError';
}
