import { formatInstant, type Instant } from '../model/time.ts';
import type { GetOptions, HttpAnswer, HttpClient } from '../net/request.ts';
import { joinBundles } from './bundles.ts';
import { answerWith, type Content } from './content.ts';
import { ClockError, PackError } from './error.ts';
import { contentsOf, type Answer } from './index-file.ts';
import type { Pack } from './open.ts';

/** A pack with the one whose contents it leaves out; null where it leaves none out. */
export interface Evidence {
  readonly pack: Pack;
  readonly base: Pack | null;
}

/** How far ahead of this machine's clock another one may be. */
const CLOCK_DIFFERENCE_MS = 10 * 60 * 1000;

/**
 * Of a pack, or of one and that which it is based on, in any order. Throws PackError where they do not belong together,
 * ClockError where they come from the future.
 */
export function evidenceOf(packs: readonly Pack[], now: Instant): Evidence {
  const [pack, given = null, ...rest] = [...packs].sort(
    (a, b) => Number(a.index.base === null) - Number(b.index.base === null),
  );
  if (pack === undefined || rest.length > 0) {
    throw new PackError('evidence is one pack, or one and the one that it is based on');
  }
  const { file, index } = pack;
  if (index.made > now + CLOCK_DIFFERENCE_MS) {
    throw new ClockError(
      `${file} was made at ${formatInstant(index.made)}, which is yet to come by this clock (${formatInstant(now)}): ` +
        'set the clock, or make the pack anew where the clock is right',
    );
  }
  if (index.base === null) {
    if (given === null) return { pack, base: null };
    throw new PackError(`${file} and ${given.file} are both whole: give the one that counts`);
  }
  const what = `the pack of ${formatInstant(index.base.made)} with the index sha256:${index.base.index}`;
  if (given === null) throw new PackError(`${file} has only what is not in ${what}: give that as well`);
  if (given.digest !== index.base.index) {
    throw new PackError(`${file} has only what is not in ${what}, and ${given.file} is another one`);
  }
  const has = (sha256: string): boolean => pack.sizeOf(sha256) !== null || given.sizeOf(sha256) !== null;
  if (![...contentsOf(index)].every(has)) throw new PackError(`${file} has not all that its index names`);
  return { pack, base: given };
}

/**
 * Answers as the network did when the pack was made. The entity tag of a content is its digest: a later run is spared
 * the same bytes and no others. Nothing says how long an answer lasts, so each run asks.
 */
export function answersFrom({ pack, base }: Evidence): HttpClient {
  const answers = new Map(pack.index.answers.map((answer) => [answer.url, answer]));
  const made = formatInstant(pack.index.made);
  const holderOf = (sha256: string): Pack => (base === null || pack.sizeOf(sha256) !== null ? pack : base);
  const sizeOf = (sha256: string): number => holderOf(sha256).sizeOf(sha256) ?? 0;
  const contentOf = (sha256: string): Content => {
    return { sha256, size: sizeOf(sha256), pieces: () => holderOf(sha256).read(sha256) };
  };

  async function given(answer: Answer, options: GetOptions): Promise<HttpAnswer> {
    switch (answer.state) {
      case 'absent':
        return { kind: 'absent' };
      case 'too-large':
        return { kind: 'too-large' };
      case 'unavailable':
        return failed(`no answer when the evidence was gathered (${made}): ${answer.reason}`, answer.status);
      case 'present':
        if ('sha256' in answer) return answerWith(contentOf(answer.sha256), options);
        if (answer.bundles.reduce((sum, { sha256 }) => sum + sizeOf(sha256), 0) > options.maxBytes) {
          return { kind: 'too-large' };
        }
        return {
          kind: 'ok',
          status: 200,
          body: joinBundles(
            answer.bundles.map((one) => ({ ...one, bytes: Buffer.concat([...holderOf(one.sha256).read(one.sha256)]) })),
          ),
          headers: {},
        };
    }
  }

  return {
    get: async (url, options) => {
      const answer = answers.get(url);
      if (answer === undefined) return failed(`not in the evidence of ${made}`, null);
      try {
        return await given(answer, options);
      } catch (error) {
        return failed(error instanceof PackError ? error.message : `${pack.file} cannot be read any more`, null);
      }
    },
    close: () => undefined,
    asOf: pack.index.made,
  };
}

function failed(reason: string, status: number | null): HttpAnswer {
  return { kind: 'failed', reason, status };
}
