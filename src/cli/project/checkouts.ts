import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { CheckoutError, openCheckout, type Checkout } from '../../git/checkout.ts';
import { UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import type { OptionValues } from '../options.ts';

/** The clones that `--source` names. Throws what the user can mend where one is none. */
export async function openCheckouts(values: OptionValues, io: Io): Promise<readonly Checkout[]> {
  const named = values.source ?? [];
  if (named.length > 0 && values.since !== undefined) {
    throw new UsageError('--source compares what is locked, of which --since leaves out most: leave one of them out');
  }
  return Promise.all(
    named.map((folder) => {
      const path = resolve(io.cwd, folder);
      if (!existsSync(path)) throw new UsageError(`--source ${folder}: there is no such folder`);
      return openCheckout(path, folder);
    }),
  );
}

/** Throws CheckoutError for a clone that nothing was held to: silence would look like a comparison that holds. */
export function demandCompared(checkouts: readonly Checkout[]): void {
  const unused = checkouts.find(({ compared }) => compared.length === 0);
  if (unused === undefined) return;
  throw new CheckoutError(
    `--source ${unused.shown} has been compared with nothing: no locked Go module is what a go.mod there says at the tag or commit of the locked version (git fetch --tags --unshallow gets all of both)`,
  );
}
