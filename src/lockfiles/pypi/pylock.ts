import type {
  Artifact,
  Artifacts,
  AttestationIdentity,
  Lockfile,
  PythonManager,
  SkippedEntry,
  Source,
} from '../../model/dependency.ts';
import { quoted } from '../../readers/error.ts';
import { decodeText } from '../../readers/text.ts';
import { refuseConflicts } from '../common/conflicts.ts';
import type { LockfileFormat } from '../common/format.ts';
import { mergePlaces, type PlacedDependency } from '../common/merge.ts';
import { readDocument } from './document.ts';
import { digestOf, fileNameOf, hashedFiles, packageName, packageVersion, type Fields } from './fields.ts';
import { FLAGS, registryFile, sameVersion, versionIn } from './files.ts';

const REMEDY = 'have the tool that wrote it (created-by) write it again';
const CREATORS: readonly PythonManager[] = ['uv', 'poetry', 'pdm', 'pipenv'];
/** Of a package; each excludes the others. Source distribution and wheels go together. */
const KINDS = ['vcs', 'directory', 'archive'] as const;

/** pylock.toml (PEP 751, https://packaging.python.org/en/latest/specifications/pylock-toml), version 1.0. */
export const pylock: LockfileFormat = {
  name: 'pylock',
  ecosystem: 'pypi',
  fileNames: ['pylock.toml'],
  otherFileNames: [],
  otherFiles: /(?:^|[/\\])pylock\.[^./\\]+\.toml$/,
  parse,
};

/** Every package counts, whatever its marker. Throws `LockfileError`. */
function parse(file: string, bytes: Uint8Array): Lockfile {
  const text = decodeText(file, bytes);
  refuseConflicts(file, text, 'the tool that wrote it');
  const document = readDocument(file, text, 'packages', REMEDY);
  const { top } = document;
  const version = top.text('lock-version');
  if (version !== '1.0') return top.fail(`has lock-version ${quoted(version ?? 'none')}, and assay reads "1.0"`);
  const creator = top.text('created-by') ?? top.fail('has no created-by');
  if (!top.has('packages')) top.fail('has no packages');
  const found: PlacedDependency[] = [];
  const skipped: SkippedEntry[] = [];
  for (const { fields, line } of document.entries) {
    const name = packageName(fields.text('name'), fields.fail);
    const given = fields.text('version');
    const marker = fields.text('marker');
    const label = given === null ? name : `${name}==${given}`;
    const place = { file, line, path: marker === null ? label : `${label}; ${marker}` };
    refuseSeveral(fields, name);
    const directory = fields.table('directory');
    if (directory === null) found.push({ ...packageOf(fields, name, given), place });
    else skipped.push({ place, reason: directory.text('path') === '.' ? 'root' : 'link' });
  }
  document.refuseOthers(hashedFiles(found));
  const manager = CREATORS.find((one) => one === creator.toLowerCase()) ?? 'pip';
  const dependencies = mergePlaces(found);
  return { file, format: 'pylock 1.0', manager, entries: document.entries.length, dependencies, skipped };
}

function refuseSeveral(fields: Fields, name: string): void {
  const kinds: string[] = KINDS.filter((kind) => fields.has(kind));
  if (fields.has('sdist') || fields.has('wheels')) kinds.push('sdist or wheels');
  if (kinds.length !== 1)
    fields.fail(`${name} has ${kinds.join(' and ') || 'no files'}, and must have one kind of source`);
}

function packageOf(fields: Fields, name: string, given: string | null): Omit<PlacedDependency, 'place'> {
  const [vcs, archive] = [fields.table('vcs'), fields.table('archive')];
  const index = fields.text('index');
  const attestationIdentities = fields.tables('attestation-identities').map(identityOf);
  const artifacts = vcs !== null ? gitOf(vcs) : archive !== null ? archiveOf(archive) : filesOf(fields, name);
  const [first] = artifacts;
  return {
    ecosystem: 'pypi',
    name,
    version: given === null ? versionOf(artifacts, fields, name) : packageVersion(given, name, fields.fail),
    artifacts,
    // Nothing tells what the project itself asks for from the rest.
    ...{ direct: true, dev: false, optional: false, ...FLAGS },
    ...(index === null || first.source.kind !== 'registry' ? {} : { index }),
    ...(attestationIdentities.length === 0 ? {} : { attestationIdentities }),
  };
}

/** Left out, it is what the names of all files say; of what is built from elsewhere, the address stands for it. */
function versionOf([first, ...others]: Artifacts, { fail }: Fields, name: string): string {
  const { source, file } = first;
  if (source.kind === 'git' || source.kind === 'http') return source.url;
  const found = versionIn(file ?? '');
  if (found === null) return source.kind === 'file' ? source.path : fail(`${name} has no version`);
  const isOne = others.every((one) => sameVersion(versionIn(one.file ?? '') ?? '', found));
  return isOne ? found : fail(`${name} has no version, and files of several`);
}

function gitOf(vcs: Fields): Artifacts {
  const type = vcs.text('type') ?? vcs.fail('vcs has no type');
  const at = vcs.text('url') ?? vcs.text('path') ?? vcs.fail('vcs has neither url nor path');
  const commit = vcs.text('commit-id') ?? vcs.fail('vcs has no commit-id');
  return [{ file: null, digests: [], source: { kind: 'git', url: `${type}+${at}@${commit}` } }];
}

function archiveOf(archive: Fields): Artifacts {
  const url = archive.text('url');
  const address = url ?? archive.text('path') ?? archive.fail('archive has neither url nor path');
  const source: Source = url === null ? { kind: 'file', path: address } : { kind: 'http', url };
  return [{ file: fileNameOf(address, archive.fail), digests: digestsOf(archive), source }];
}

function filesOf(fields: Fields, name: string): Artifacts {
  const sdist = fields.table('sdist');
  const files = [...(sdist === null ? [] : [sdist]), ...fields.tables('wheels')];
  const [first, ...others] = files.map(fileOf);
  return first === undefined ? fields.fail(`${name} has no files`) : [first, ...others];
}

function fileOf(one: Fields): Artifact {
  const { fail } = one;
  const [name, url, path] = [one.text('name'), one.text('url'), one.text('path')];
  const address = url ?? path ?? fail('a file has neither url nor path');
  const source: Source = url === null ? { kind: 'file', path: address } : registryFile(url, fail);
  return { file: fileNameOf(name ?? address, fail), digests: digestsOf(one), source };
}

/** The specification wants at least one hash of each file, and an installer any one of them. */
function digestsOf(one: Fields): Artifact['digests'] {
  const hashes = one.members('hashes');
  if (hashes.length === 0) return one.fail('a file has no hashes');
  return hashes.map(([algorithm, hex]) =>
    typeof hex === 'string' ? digestOf(algorithm, hex, one.fail) : one.fail(`${quoted(algorithm)} is not a string`),
  );
}

function identityOf(identity: Fields): AttestationIdentity {
  const kind = identity.text('kind') ?? identity.fail('an attestation identity has no kind');
  const names = identity.names().filter((name) => name !== 'kind');
  return { kind, fields: Object.fromEntries(names.map((name) => [name, identity.text(name) ?? ''])) };
}
