import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { TrustError } from '../../audit/trust.ts';
import { createRecorder } from '../../pack/record.ts';
import { packOf } from '../../pack/write.ts';
import { isMissing, renderPack, renderPackJson } from '../../report/commands/pack.ts';
import { writeWhole } from '../../store/write.ts';
import type { Command } from '../command.ts';
import { openPackFile } from '../evidence.ts';
import { EXIT, UsageError } from '../exit.ts';
import { demandNoInput } from '../output/inputs.ts';
import { gather } from '../project/gather.ts';
import { PROJECT_OPTIONS } from '../project/option-names.ts';
import { demandFolderOf, shownPath } from '../user-files.ts';
import { writeProblem } from '../write-problem.ts';

export const command: Command = {
  usage: '[DIR|LOCKFILE...] --output FILE',
  summary: 'gather what an audit asks into one file, for where there is no network',
  options: ['output', 'since', 'artifacts', 'recursive', ...PROJECT_OPTIONS.filter(isOurs), 'json'],
  words: {
    output: { value: 'FILE', help: 'the tar to write' },
    since: { value: 'PACK', help: 'leave out what this earlier pack has: both are given to --evidence then' },
    json: { help: 'say what was written as JSON' },
  },
  run: async (options, io) => {
    const { values, positionals } = options;
    const [output, ...more] = values.output ?? [];
    if (output === undefined || more.length > 0) throw new UsageError('pack needs one --output FILE');
    demandFolderOf(output, io);
    demandNoInput(output, options, io);
    if (values.since === '') throw new UsageError('--since needs a value: --since=PACK');
    const base = values.since === undefined ? null : openPackFile(values.since, 'the earlier pack', io);
    const recorder = createRecorder();
    try {
      if (base !== null && base.index.base !== null) {
        throw new UsageError(`${base.file} is itself based on another pack: --since takes a whole one`);
      }
      const places = positionals.length === 0 ? ['.'] : positionals;
      // To the second, as it is written.
      const now = Math.floor(Date.now() / 1000) * 1000;
      const { about, report } = await gather(places, options, recorder, now, io);
      const pack = await packOf(recorder, about, base);
      const hash = createHash('sha256');
      writeTo(output, hashed(pack.pieces(), hash), io.cwd);
      const written = { ...pack.index, file: shownPath(output, io), size: pack.size, sha256: hash.digest('hex') };
      io.stdout.write(values.json === true ? renderPackJson(written) : renderPack(written, io.stdout));
      const { repository } = report.trust;
      const isTrusted = about.trust.length === 0 || repository === null || repository.state === 'current';
      const isWhole = !written.answers.some(isMissing) && isTrusted;
      return isWhole ? EXIT.holds : EXIT.noStatement;
    } catch (error) {
      if (error instanceof TrustError) throw new TrustError(`${error.message}; no pack is written`);
      throw error;
    } finally {
      recorder.close();
      base?.close();
    }
  },
};

/** What is asked from evidence is packed already, nothing else is kept, and advisories are no answer of the network. */
function isOurs(name: (typeof PROJECT_OPTIONS)[number]): boolean {
  return name !== 'evidence' && name !== 'no-cache' && name !== 'advisories';
}

function* hashed(pieces: Iterable<Buffer>, hash: ReturnType<typeof createHash>): Iterable<Buffer> {
  for (const piece of pieces) {
    hash.update(piece);
    yield piece;
  }
}

function writeTo(path: string, pieces: Iterable<Buffer>, cwd: string): void {
  try {
    writeWhole(resolve(cwd, path), pieces);
  } catch (error) {
    throw new UsageError(writeProblem(path, error));
  }
}
