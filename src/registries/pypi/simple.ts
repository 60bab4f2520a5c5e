import { conventionsOf } from '../../ecosystems/conventions/index.ts';
import { versionOfFile } from '../../ecosystems/conventions/pypi-files.ts';
import type { History } from '../../model/history.ts';
import * as bounds from '../../model/limits.ts';
import type { IndexFile, IndexProject, IndexRelease } from '../../model/pypi-index.ts';
import { parseInstant, type Instant } from '../../model/time.ts';
import { fieldsOf, isObject } from '../../model/value.ts';
import { keyText, skipSpace, skipValue, walkArray, walkObject, type Slice } from '../../readers/json-walk.ts';
import { textOf, type Parsed } from '../../readers/untrusted-json.ts';
import { parseJson } from '../evidence-of.ts';

/** The largest projects have some thousand files. */
const MAX_FILES = 100_000;
/** The index began to say of attestations with this minor version of its first interface (PEP 740). */
const WITH_PROVENANCE = 3;

/** Reads the JSON document of a project. It must be about `name`, which is normalised. */
export function parseProject(body: Buffer, name: string, url: string): Parsed<IndexProject> {
  const outline = outlineOf(body);
  if (outline === null) return { malformed: isHtml(body) ? 'a page, and not JSON (PEP 691)' : 'not a JSON object' };
  const { members, files } = outline;
  const valueOf = (key: string): unknown => {
    const slice = members.get(key);
    const parsed = slice === undefined ? null : parseSlice(body, slice);
    return parsed !== null && 'value' in parsed ? parsed.value : undefined;
  };
  const called = valueOf('name');
  if (typeof called !== 'string' || conventionsOf('pypi').names.normalise(called) !== name) {
    return { malformed: 'the document is about another project' };
  }
  const minor = minorVersion(fieldsOf(valueOf('meta'))['api-version']);
  if (minor === null) return { malformed: 'meta.api-version is not 1.x' };
  if (files === null) return { malformed: `files is not a list of at most ${MAX_FILES} files` };

  const releases = new Map<string, IndexFile[]>();
  const spellings = new Map<string, string>();
  let saysProvenance = false;
  for (const slice of files) {
    const json = parseSlice(body, slice);
    if ('malformed' in json) return json;
    const file = parseFile(json.value, url);
    if ('malformed' in file) return file;
    saysProvenance ||= Object.hasOwn(fieldsOf(json.value), 'provenance');
    const version = versionOfFile(file.value.name, name);
    const key = version === null ? null : keyOf(version);
    // What is of no version is installed as none.
    if (version === null || key === null) continue;
    const spelling = spellings.get(key) ?? version;
    spellings.set(key, spelling);
    const release = releases.get(spelling);
    if (release === undefined) releases.set(spelling, [file.value]);
    else release.push(file.value);
  }
  const status = fieldsOf(valueOf('project-status'));
  return {
    value: {
      ...historyOf(name, releases),
      spelling: (version) => spellings.get(keyOf(version) ?? '') ?? null,
      isStripped: minor < WITH_PROVENANCE || (files.length > 0 && !saysProvenance),
      quarantined:
        status['status'] === 'quarantined' ? (textOf(status['reason'], bounds.MAX_TOKEN_LENGTH) ?? '') : null,
    },
  };
}

/** Versions that are written in several ways are one: `1.0` and `1.0.0`. Null for what is no version. */
function keyOf(version: string): string | null {
  const parsed = conventionsOf('pypi').versions.parse(version);
  return parsed === null ? null : parsed.order.map(String).join(' ');
}

function historyOf(name: string, files: ReadonlyMap<string, readonly IndexFile[]>): History<IndexRelease> {
  const versions = new Map<string, IndexRelease>();
  const withProvenance = new Set<string>();
  const time = new Map<string, Instant>();
  for (const [version, own] of files) {
    const deprecated = own.every(({ yanked }) => yanked !== null);
    const nothing = { publisher: null, repository: null, integrity: null, dependencies: {}, installScripts: {} };
    versions.set(version, { version, files: own, deprecated, ...nothing });
    if (own.some(({ provenance }) => provenance !== null)) withProvenance.add(version);
    const times = own.flatMap(({ uploaded }) => uploaded ?? []);
    if (times.length > 0) time.set(version, Math.min(...times));
  }
  return { ecosystem: 'pypi', name, versions, withProvenance, time };
}

interface Outline {
  readonly members: ReadonlyMap<string, Slice>;
  /** Null where there is no list of files. */
  readonly files: readonly Slice[] | null;
}

/** What is where in a document; null where it is none. A key that occurs twice would be two documents in one. */
function outlineOf(body: Buffer): Outline | null {
  const members = new Map<string, Slice>();
  let files: Slice[] | null = null;
  const end = walkObject(body, skipSpace(body, 0), (keyStart, keyEnd, start) => {
    const key = keyText(body, keyStart, keyEnd);
    if (key === null || members.has(key) || members.size >= bounds.MAX_DEPENDENCIES) return -1;
    const found: Slice[] = [];
    const walked = key === 'files' ? walkFiles(body, start, found) : -1;
    if (walked !== -1) files = found;
    const after = walked === -1 ? skipValue(body, start) : walked;
    members.set(key, { start, end: after });
    return after;
  });
  return end !== -1 && skipSpace(body, end) === body.length ? { members, files } : null;
}

function walkFiles(body: Buffer, start: number, files: Slice[]): number {
  return walkArray(body, start, (at) => {
    const end = skipValue(body, at);
    if (files.length >= MAX_FILES) return -1;
    files.push({ start: at, end });
    return end;
  });
}

function parseSlice(body: Buffer, { start, end }: Slice): Parsed<unknown> {
  if (end - start > bounds.MAX_MANIFEST_BYTES) return { malformed: `larger than ${bounds.MAX_MANIFEST_BYTES} bytes` };
  return parseJson(body.subarray(start, end), (value) => ({ value }));
}

function isHtml(body: Buffer): boolean {
  return body.subarray(0, 256).toString('latin1').trimStart().startsWith('<');
}

/** Whoever reads version 1 of the interface reads every 1.x, and no other (PEP 691). */
function minorVersion(text: unknown): number | null {
  const [, minor] = (typeof text === 'string' ? /^1\.(\d{1,6})$/.exec(text) : null) ?? [];
  return minor === undefined ? null : Number(minor);
}

function parseFile(json: unknown, base: string): Parsed<IndexFile> {
  if (!isObject(json)) return { malformed: 'a file is not an object' };
  const name = textOf(json['filename'], bounds.MAX_PATH_LENGTH);
  if (name === null || !/^[^\p{C}/\\]+$/u.test(name)) return { malformed: 'filename is not the name of a file' };
  const sha256 = fieldsOf(json['hashes'])['sha256'] ?? null;
  if (sha256 !== null && !(typeof sha256 === 'string' && /^[0-9a-f]{64}$/i.test(sha256))) {
    return { malformed: `hashes.sha256 of ${name} is not a SHA-256` };
  }
  const provenance = json['provenance'] ?? null;
  if (provenance !== null && (typeof provenance !== 'string' || provenance.length > bounds.MAX_URL_LENGTH)) {
    return { malformed: `provenance of ${name} is not an address` };
  }
  const yanked = json['yanked'] ?? false;
  return {
    value: {
      name,
      url: addressOf(json['url'], base),
      sha256: sha256?.toLowerCase() ?? null,
      uploaded: parseInstant(json['upload-time']),
      yanked: yanked === false ? null : (textOf(yanked, bounds.MAX_TOKEN_LENGTH) ?? ''),
      provenance,
    },
  };
}

/** Addresses may be relative to the document's. */
function addressOf(value: unknown, base: string): string | null {
  const text = textOf(value, bounds.MAX_URL_LENGTH);
  if (text === null || !URL.canParse(text, base)) return null;
  const url = new URL(text, base);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return null;
  url.hash = '';
  return url.href;
}
