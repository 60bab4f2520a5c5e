import { groupBy } from '../../model/group-by.ts';
import type { IndexFile, IndexProject } from '../../model/pypi-index.ts';
import { fieldsOf, isObject, type Fields } from '../../model/value.ts';
import { parseProject } from '../../registries/pypi/simple.ts';

/** An index's document of a project, as it was read. */
export interface Document {
  readonly project: IndexProject;
  /** All of it, as a plain value. */
  readonly json: Fields;
  /** Files of a version by their names, in the order of the index. Each name is of one file. */
  readonly files: ReadonlyMap<string, Listed>;
}

/** A file of a release. */
export interface Listed extends IndexFile {
  /** As the index spells it. */
  readonly version: string;
  readonly json: Fields;
  /** SHA-256 of the metadata that the index has beside it, hex; null where it has none, or says no hash of it. */
  readonly metadata: string | null;
}

/** Reads the JSON document of a project (PEP 691), which must be about `name`. */
export function readDocument(body: Buffer, name: string, url: string): Document | { readonly malformed: string } {
  const parsed = parseProject(body, name, url);
  if ('malformed' in parsed) return parsed;
  const project = parsed.value;
  const json = fieldsOf(JSON.parse(body.toString()) as unknown);
  const known = [...project.versions.keys()].flatMap((version) =>
    (project.versions.get(version)?.files ?? []).map((file) => ({ file, version })),
  );
  const byName = groupBy(known, ({ file }) => file.name);
  const files = new Map<string, Listed>();
  for (const one of Array.isArray(json['files']) ? (json['files'] as readonly unknown[]) : []) {
    const fields = fieldsOf(one);
    const [found, ...others] = byName.get(String(fields['filename'])) ?? [];
    // What is of no version is installed as none.
    if (found === undefined) continue;
    const { file, version } = found;
    if (others.some((other) => other.file.sha256 !== file.sha256 || file.sha256 === null)) {
      return { malformed: `it has two files ${file.name}` };
    }
    if (files.has(file.name)) continue;
    files.set(file.name, { ...file, version, json: fields, metadata: metadataOf(fields) });
  }
  return { project, json, files };
}

/** PEP 714: the later name counts where both are there. */
function metadataOf(file: Fields): string | null {
  const said = file['core-metadata'] ?? file['dist-info-metadata'];
  const sha256 = isObject(said) ? said['sha256'] : null;
  return typeof sha256 === 'string' && /^[0-9a-f]{64}$/i.test(sha256) ? sha256.toLowerCase() : null;
}

/** What a client gets instead of what the index says. */
export interface Changes {
  readonly isListed: (file: Listed) => boolean;
  readonly addressOf: (file: Listed) => string;
}

/** The document in JSON (PEP 691) with these changes, and everything else that clients read of it. */
export function inJson({ project: { spelling }, json, files }: Document, { isListed, addressOf }: Changes): Buffer {
  const kept = [...files.values()].filter(isListed);
  const versions = new Set<string | null>(kept.map(({ version }) => version));
  const listed = json['versions'];
  return Buffer.from(
    JSON.stringify({
      ...json,
      ...(Array.isArray(listed) && {
        versions: (listed as readonly unknown[]).filter(
          (one) => typeof one === 'string' && versions.has(spelling(one)),
        ),
      }),
      files: kept.map((file) => {
        const metadata = file.metadata === null ? false : { sha256: file.metadata };
        return { ...file.json, url: addressOf(file), 'core-metadata': metadata, 'dist-info-metadata': metadata };
      }),
    }),
  );
}

/** The same as a page (PEP 503), for clients that read no JSON. */
export function inHtml({ project, files }: Document, { isListed, addressOf }: Changes): Buffer {
  const lines = [...files.values()].filter(isListed).map((file) => {
    const { name, sha256, yanked, metadata, json } = file;
    const python = json['requires-python'];
    const attributes = [
      ['href', `${addressOf(file)}${sha256 === null ? '' : `#sha256=${sha256}`}`],
      ...(typeof python === 'string' ? [['data-requires-python', python]] : []),
      ...(yanked === null ? [] : [['data-yanked', yanked]]),
      ...(metadata === null ? [] : [['data-core-metadata', `sha256=${metadata}`]]),
      ...(metadata === null ? [] : [['data-dist-info-metadata', `sha256=${metadata}`]]),
    ];
    return `<a ${attributes.map(([key = '', value = '']) => `${key}="${escaped(value)}"`).join(' ')}>${escaped(name)}</a><br>`;
  });
  const head = '<!DOCTYPE html>\n<html><head><meta name="pypi:repository-version" content="1.1">';
  return Buffer.from(
    `${head}<title>${escaped(project.name)}</title></head><body>\n${lines.join('\n')}\n</body></html>\n`,
  );
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
}
