/** A pack of a time that is yet to come by this clock: nothing else is known to be wrong. The message is one line. */
export class ClockError extends Error {
  override readonly name = 'ClockError';
}

/** A pack that cannot be used. The message is one line. */
export class PackError extends Error {
  override readonly name = 'PackError';
}
