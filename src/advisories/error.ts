/** Advisories that cannot be used. `message` is one line: where, what, and what to do. */
export class AdvisoryError extends Error {
  override readonly name = 'AdvisoryError';
}
