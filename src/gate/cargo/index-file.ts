import type { Evidence } from '../../model/evidence.ts';
import type { History } from '../../model/history.ts';
import { fieldsOf } from '../../model/value.ts';
import { indexPath } from '../../registries/crates/index.ts';
import { parseIndexFile } from '../../registries/crates/index-file.ts';

/** The file of a crate as an index served it, with what it says. */
export interface IndexFile {
  readonly name: string;
  readonly body: Buffer;
  readonly history: History;
}

/** Reads the file at a path of the index at `url`, which has the name of its crate as that was first published. */
export function readIndexFile(body: Buffer, path: string, url: string): Evidence<IndexFile> {
  const [first = ''] = body.toString('utf8').split('\n', 1);
  const name = nameIn(first);
  if (name === null || indexPath(name) !== path) {
    return { state: 'malformed', url: url + path, reason: 'it is about another crate' };
  }
  const parsed = parseIndexFile(body, name);
  return 'value' in parsed
    ? { state: 'present', value: { name, body, history: parsed.value } }
    : { state: 'malformed', url: url + path, reason: parsed.malformed };
}

/**
 * The file with these versions taken back, and everything else of it byte by byte. Cargo picks none that is taken back,
 * says so where one is asked for by its number, and still asks for the one that Cargo.lock has, which is then refused:
 * of a version that is not there it would lock another one instead.
 */
export function withoutVersions({ body }: Pick<IndexFile, 'body'>, refused: ReadonlySet<string>): Buffer {
  if (refused.size === 0) return body;
  const lines = body.toString('utf8').split('\n');
  return Buffer.from(lines.map((line) => takenBack(line, refused)).join('\n'));
}

function takenBack(line: string, refused: ReadonlySet<string>): string {
  if (line.trim() === '') return line;
  const fields = fieldsOf(JSON.parse(line));
  const { vers } = fields;
  return typeof vers === 'string' && refused.has(vers) ? JSON.stringify({ ...fields, yanked: true }) : line;
}

function nameIn(line: string): string | null {
  try {
    const { name } = fieldsOf(JSON.parse(line));
    return typeof name === 'string' ? name : null;
  } catch {
    return null;
  }
}
