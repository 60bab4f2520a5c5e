import { LockfileError, quoted } from '../../readers/error.ts';
import type { JsonNode, JsonObject } from '../../readers/json.ts';
import { objectOf } from '../node-modules/entry.ts';
import type { Spelling } from './key.ts';
import { asVersion9 } from './version-13.ts';

/** One document of a pnpm-lock.yaml. */
export interface PnpmDocument {
  readonly file: string;
  readonly line: number;
  readonly content: JsonObject;
  /** As written: "5.4", "6.0", "9.0", "13.0". */
  readonly version: string;
  readonly spelling: Spelling;
  /** Whether hashes of tarballs are those of the unpacked ones. */
  readonly ofTar: boolean;
}

const SUPPORTED = /^(?:5\.[1-9](?:-inlineSpecifiers)?|6(?:\.\d)?|9(?:\.\d)?|13\.0)$/;
const REMEDY = 'let pnpm write the lockfile again: pnpm install --lockfile-only';

export function readDocument(file: string, node: JsonNode): PnpmDocument {
  const written = objectOf(file, 'the document', node, 'pnpm');
  const version = versionOf(file, written);
  const content = version.startsWith('13') ? asVersion9(file, written) : written;
  const spelling = version.startsWith('5') ? 5 : version.startsWith('6') ? 6 : 9;
  const snapshots = content.get('snapshots');
  const hasPackages = (content.get('packages')?.value ?? null) !== null;
  // pnpm goes by what it finds, whatever the version says.
  if (spelling === 9 ? hasPackages && snapshots === undefined : snapshots !== undefined) {
    const line = (snapshots ?? content.get('packages'))?.line ?? null;
    const has = snapshots === undefined ? 'no' : 'a';
    throw new LockfileError(file, line, `lockfileVersion ${version} does not go with ${has} "snapshots"; ${REMEDY}`);
  }
  const target = mappingOf(file, content, 'settings').get('integrityTarget');
  const known = target === undefined || target.value === 'tar' || target.value === 'tarball' || target.value === 'tgz';
  if (!known) throw new LockfileError(file, target.line, `integrityTarget is not known to this assay; update assay`);
  return { file, line: node.line, content, version, spelling, ofTar: target?.value === 'tar' };
}

function versionOf(file: string, content: JsonObject): string {
  const node = content.get('lockfileVersion');
  const older = content.get('shrinkwrapVersion');
  if (older !== undefined) {
    throw new LockfileError(file, older.line, `this is a lockfile of pnpm 2 or older; ${REMEDY}`);
  }
  if (node === undefined) throw new LockfileError(file, null, `has no lockfileVersion; if it is a lockfile, ${REMEDY}`);
  const version = typeof node.value === 'number' ? String(node.value) : node.value;
  if (typeof version === 'string' && SUPPORTED.test(version)) return version;
  const shown = typeof version === 'string' ? quoted(version) : 'of another type';
  const isNewer = typeof version === 'string' && Number.parseFloat(version) > 13;
  const why = isNewer ? 'newer than this assay knows; update assay, or set lockfile.format back' : REMEDY;
  throw new LockfileError(
    file,
    node.line,
    `lockfileVersion is ${shown}; supported are 5.1 to 5.4, 6.0, 6.1, 9.0 and 13.0; ${why}`,
  );
}

/** The mapping under a key of a mapping; empty where there is none. */
export function mappingOf(file: string, object: JsonObject, key: string): JsonObject {
  const node = object.get(key);
  return node === undefined || node.value === null ? new Map() : objectOf(file, key, node, 'pnpm');
}
