import { searchEach } from '../../../logs/search.ts';
import { outcomeOf, renderSearches, searchesJson } from '../../../report/commands/log-search.ts';
import { stringify } from '../../../report/json/stringify.ts';
import { EXIT, UsageError } from '../../exit.ts';
import type { Io } from '../../io.ts';
import type { OptionValues } from '../../options.ts';
import { openLogs } from './open.ts';
import { demandLogged, targetsOf } from './target.ts';

/** `assay log search WHAT`: what logs have about a package, a digest, an identity or a file. */
export async function search(args: readonly string[], values: OptionValues, io: Io): Promise<number> {
  const [what, ...rest] = args;
  if (what === undefined || rest.length > 0) {
    throw new UsageError('log search takes a package, sha512:HEX, sha256:HEX, an identity, or a file');
  }
  demandLogged(what, io);
  const logs = await openLogs(values, io);
  try {
    const { targets, problems } = await targetsOf(what, logs.config, io);
    const found = await searchEach(logs.context, logs.places, targets);
    const searches = found.map(({ target: { name }, search }) => ({ name, search }));
    const text = values.json === true ? stringify(searchesJson(searches, problems)) : null;
    io.stdout.write(text ?? renderSearches(searches, problems, io.stdout));
    const outcomes = searches.map((one) => outcomeOf(one.search));
    if (outcomes.includes('fails')) return EXIT.fails;
    const isWhole = problems.length === 0 && outcomes.every((outcome) => outcome === 'holds');
    const isAsked = searches.some((one) => one.search.asked.length > 0);
    return isWhole && isAsked ? EXIT.holds : EXIT.noStatement;
  } finally {
    logs.close();
  }
}
