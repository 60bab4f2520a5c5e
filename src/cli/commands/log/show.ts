import { isUuid } from '../../../logs/rekor-1.ts';
import { findEntry } from '../../../logs/show.ts';
import { isFailing } from '../../../model/log.ts';
import { renderShown, shownJson, type ShownEntry } from '../../../report/commands/log.ts';
import { stringify } from '../../../report/json/stringify.ts';
import { lackingWitnesses } from '../../../tlog/cosignature.ts';
import { EXIT, UsageError } from '../../exit.ts';
import type { Io } from '../../io.ts';
import type { OptionValues } from '../../options.ts';
import { openLogs } from './open.ts';

/** `assay log show ID`: an entry, verified before it is read. */
export async function show(args: readonly string[], values: OptionValues, io: Io): Promise<number> {
  const [id, ...rest] = args;
  if (id === undefined || rest.length > 0 || !(isUuid(id) || /^(?:0|[1-9]\d{0,17})$/.test(id))) {
    throw new UsageError('log show takes one id of an entry (64 or 80 hex digits), or its position in the log');
  }
  const logs = await openLogs(values, io);
  try {
    // Positions of the logs without ids are many times the same: which log is meant has to be said.
    const asked = logs.places.filter(({ api }) => api === 1 || (!isUuid(id) && values.log !== undefined));
    if (asked.length === 0) throw new UsageError('none of these logs finds an entry by its id; give its position');
    const entries = await Promise.all(
      asked.map(async (place): Promise<ShownEntry> => {
        const found = await findEntry(logs.context, place, id);
        const log = place.name;
        if (found === null) return { log, word: 'absent', reason: id, hit: null };
        if ('word' in found) return { log, word: found.word, reason: found.reason, hit: null };
        const lacking = lackingWitnesses(logs.witnesses, new Set(found.hit.cosigned));
        return { log, word: lacking === '' ? 'held' : 'unwitnessed', reason: lacking, hit: found.hit };
      }),
    );
    io.stdout.write(values.json === true ? stringify(shownJson(entries)) : renderShown(entries, io.stdout));
    return statusOf(entries);
  } finally {
    logs.close();
  }
}

/** One log that has the entry is enough; what contradicts itself outranks it. */
function statusOf(entries: readonly ShownEntry[]): number {
  const words = entries.map(({ word }) => word);
  if (words.some((word) => word !== 'absent' && isFailing(word))) return EXIT.fails;
  if (words.includes('held')) return EXIT.holds;
  return words.every((word) => word === 'absent') ? EXIT.fails : EXIT.noStatement;
}
