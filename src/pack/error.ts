/** A pack that cannot be used. The message is one line. */
export class PackError extends Error {
  override readonly name = 'PackError';
}
