import { goConventions } from '../../ecosystems/conventions/go.ts';
import { LockfileError } from '../../readers/error.ts';
import { retractionOf, type Retraction } from './mod.ts';
import { reading } from './rules.ts';

/** Each is held against every locked version; the longest list has some hundred. */
const MAX_RETRACTIONS = 10_000;

/**
 * What the latest go.mod of a dependency takes back. Of the go.mod of others Go passes over what it does not know, and
 * so over a retraction that it cannot read. Throws `LockfileError` for what is no such file.
 */
export function readRetractions(file: string, text: string): readonly Retraction[] {
  const found = reading(file, text, null).all('retract', (reader) => {
    try {
      return retractionOf(reader);
    } catch (error) {
      if (error instanceof LockfileError) return null;
      throw error;
    }
  });
  const read = found.filter((one) => one !== null);
  if (read.length > MAX_RETRACTIONS) throw new LockfileError(file, null, `retracts more than ${MAX_RETRACTIONS} times`);
  return read;
}

/** What takes a version back. */
export function retractionsOf(version: string, retractions: readonly Retraction[]): readonly Retraction[] {
  const { compare } = goConventions.versions;
  return retractions.filter(({ low, high }) => compare(low, version) <= 0 && compare(version, high) <= 0);
}
