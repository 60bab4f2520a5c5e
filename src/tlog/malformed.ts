/** Input that is not what its format says. Caught where the reader knows what kind of refusal that is. */
export class Malformed extends Error {
  override readonly name = 'Malformed';
}

export function malformed(what: string): never {
  throw new Malformed(what);
}
