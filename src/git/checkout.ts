import { commitOf } from './base.ts';
import { git, whyNoAnswer } from './git.ts';

/** A clone cannot be compared with. `message` is one line for the user. */
export class CheckoutError extends Error {
  override readonly name = 'CheckoutError';
}

/** A file of a commit, or a link there. */
export interface CommittedFile {
  /** From the root of the repository. */
  readonly path: string;
  readonly isLink: boolean;
  /** The id of its content. */
  readonly id: string;
  /** In bytes. */
  readonly size: number;
}

/** A clone, of which commits alone are read: what is in its folder counts for nothing. */
export interface Checkout {
  /** As the user named it. */
  readonly shown: string;
  /** What was held to a commit of it ("name@version"), for whoever asked. */
  readonly compared: string[];
  /** The commit of the tag of exactly this name; null where there is none. */
  readonly commitOfTag: (name: string) => Promise<string | null>;
  /** The one commit whose id begins with these hex digits; null where there is none. */
  readonly commitOf: (prefix: string) => Promise<string | null>;
  /** The files of a commit, without those of submodules. Throws CheckoutError where git cannot read it. */
  readonly filesOf: (commit: string) => Promise<readonly CommittedFile[]>;
  /** Shows each content once, in any order. Throws CheckoutError for what a partial clone lacks. */
  readonly read: (files: readonly CommittedFile[], look: (id: string, content: Buffer) => void) => Promise<void>;
}

/** How much of a repository is in memory at once. */
const CHUNK_BYTES = 64 * 1024 * 1024;
/** Without path, as it may hold any byte but NUL: mode, type, id, size. */
const ENTRY = /^(100644|100664|100755|120000|160000) (?:blob|commit) ([0-9a-f]{40,64}) +(\d+|-|BAD)$/;

/** The clone in or around `folder`. Throws CheckoutError where git finds none. */
export async function openCheckout(folder: string, shown: string): Promise<Checkout> {
  const why = await whyNoAnswer(folder);
  if (why !== null) throw new CheckoutError(`${shown} is no clone to compare with: ${why}`);
  let tags: Promise<ReadonlySet<string>> | null = null;
  const ask = async (args: readonly string[], input = ''): Promise<Buffer> => {
    const output = await git(folder, args, input);
    if (output === null)
      throw new CheckoutError(
        `git cannot read ${shown} (git ${args[0] ?? ''}), as where a partial clone lacks something`,
      );
    return output;
  };
  const tagsOf = async (): Promise<ReadonlySet<string>> =>
    new Set((await ask(['for-each-ref', '--format=%(refname)', 'refs/tags'])).toString('utf8').split('\n'));
  const filesOf = async (commit: string): Promise<readonly CommittedFile[]> =>
    entriesIn(await ask(['ls-tree', '-r', '-z', '-l', '--full-tree', commit]), shown);
  let last: { readonly commit: string; readonly files: Promise<readonly CommittedFile[]> } | null = null;
  return {
    shown,
    compared: [],
    commitOfTag: async (name) => {
      const ref = `refs/tags/${name}`;
      if (!(await (tags ??= tagsOf())).has(ref)) return null;
      return commitOf(folder, ref);
    },
    // A branch may be called as any id begins: names are not asked for.
    commitOf: async (prefix) => {
      const ids = await ask(['rev-parse', `--disambiguate=${prefix}`]);
      const kinds = (await ask(['cat-file', '--batch-check'], ids.toString('latin1'))).toString('latin1');
      const commits = [...kinds.matchAll(/^([0-9a-f]{40,64}) commit /gm)].flatMap(([, id]) => id ?? []);
      return commits.length === 1 ? (commits[0] ?? null) : null;
    },
    filesOf: (commit) => {
      // Modules of one repository are often of one commit, and each is looked for in several folders.
      if (last?.commit !== commit) last = { commit, files: filesOf(commit) };
      return last.files;
    },
    read: async (files, look) => {
      const left = [...new Map(files.map((file) => [file.id, file])).values()];
      while (left.length > 0) {
        let size = 0;
        const end = left.findIndex((file, at) => (size += file.size) > CHUNK_BYTES && at > 0);
        const some = left.splice(0, end === -1 ? left.length : end);
        const output = await ask(['cat-file', '--batch'], some.map(({ id }) => `${id}\n`).join(''));
        contentsIn(output, some, shown, look);
      }
    },
  };
}

function entriesIn(listed: Buffer, shown: string): readonly CommittedFile[] {
  const lines = listed.toString('utf8').split('\0').slice(0, -1);
  return lines.flatMap((line) => {
    const tab = line.indexOf('\t');
    const [, mode, id = '', size = ''] = ENTRY.exec(line.slice(0, tab)) ?? [];
    if (mode === undefined) throw new CheckoutError(`${shown} has a commit with an entry that assay does not know`);
    if (mode === '160000') return [];
    const path = line.slice(tab + 1);
    if (size === 'BAD') throw lacking(path, shown);
    return [{ path, isLink: mode === '120000', id, size: Number(size) }];
  });
}

function lacking(path: string, shown: string): CheckoutError {
  return new CheckoutError(`${shown} lacks ${JSON.stringify(path)}: a partial clone cannot be compared with`);
}

function contentsIn(
  output: Buffer,
  files: readonly CommittedFile[],
  shown: string,
  look: (id: string, content: Buffer) => void,
): void {
  let at = 0;
  for (const { id, size, path } of files) {
    const begin = output.indexOf('\n', at) + 1;
    if (output.toString('latin1', at, begin) !== `${id} blob ${String(size)}\n`) {
      throw lacking(path, shown);
    }
    look(id, output.subarray(begin, begin + size));
    at = begin + size + 1;
  }
}
