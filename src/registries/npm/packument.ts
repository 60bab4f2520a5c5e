import type { Manifest, Packument } from '../../model/evidence.ts';
import type { Releases } from '../../model/history.ts';
import { parseInstant, type Instant } from '../../model/time.ts';
import { parseJson } from '../evidence-of.ts';
import * as bounds from '../../model/limits.ts';
import { isObject, type Fields } from '../../model/value.ts';
import type { Parsed } from '../../readers/untrusted-json.ts';
import type { Slice } from '../../readers/json-walk.ts';
import { texts } from './declaration.ts';
import { isVersion, parseManifest } from './documents.ts';
import { outlineOf } from './outline.ts';

/** A packument with the versions that were asked for and whose manifests could not be read: version to reason. */
export interface NpmPackument extends Packument {
  readonly broken: ReadonlyMap<string, string>;
}

/**
 * Reads a full or abbreviated (application/vnd.npm.install-v1+json) registry document. It must be about `name`. Most of
 * it is manifests that nobody asks for, so each is parsed when it is asked for, or may claim attestations. A broken one
 * hides no other.
 */
export function parsePackument(body: Buffer, name: string): Parsed<NpmPackument> {
  const outline = outlineOf(body);
  if (outline === null) return { malformed: 'not a JSON object' };
  const { members, versions } = outline;
  const valueOf = (key: string): unknown => {
    const slice = members.get(key);
    const parsed = slice === undefined ? null : parseSlice(body, slice);
    return parsed !== null && 'value' in parsed ? parsed.value : undefined;
  };
  if (valueOf('name') !== name) return { malformed: 'the document is about another package' };
  const time = valueOf('time');
  const times = isObject(time) ? time : {};
  // A package whose versions were all withdrawn keeps a document without versions.
  const isWithdrawn = !members.has('versions') && isObject(times['unpublished']);
  if (versions === null && !isWithdrawn) {
    return { malformed: `versions is not an object of at most ${bounds.MAX_VERSIONS} versions` };
  }
  const manifests = lazyManifests(body, versions ?? new Map(), name);
  const distTags = texts(valueOf('dist-tags'));
  return { value: { ecosystem: 'npm', name, distTags, time: parseTimes(times), ...manifests } };
}

/**
 * Whether a part of a document may hold claims of attestations: a literal key, or letters written as escapes, which
 * could be one. Nothing is missed; a manifest that may claim is parsed to know.
 */
function mayClaim(part: Buffer): boolean {
  return part.includes('"attestations"') || part.includes('\\u');
}

function lazyManifests(
  body: Buffer,
  slices: ReadonlyMap<string, Slice>,
  name: string,
): Pick<NpmPackument, 'versions' | 'withProvenance' | 'broken'> {
  const known = new Map([...slices].filter(([version]) => isVersion(version)));
  const manifests = new Map<string, Manifest>();
  const broken = new Map<string, string>();
  const get = (version: string): Manifest | undefined => {
    const slice = known.get(version);
    if (slice === undefined || manifests.has(version) || broken.has(version)) return manifests.get(version);
    const json = parseSlice(body, slice);
    const parsed = 'value' in json ? parseManifest(json.value, name, version) : json;
    if ('value' in parsed) manifests.set(version, parsed.value);
    else broken.set(version, parsed.malformed);
    return manifests.get(version);
  };
  const versions: Releases<Manifest> = {
    get,
    has: (version) => known.has(version),
    keys: () => known.keys(),
    size: known.size,
  };
  const claims = ([version, { start, end }]: [string, Slice]): boolean =>
    mayClaim(body.subarray(start, end)) && get(version)?.attestations?.provenance === true;
  // Most documents hold no claim anywhere.
  const withProvenance = mayClaim(body) ? [...known].filter(claims) : [];
  return { versions, withProvenance: new Set(withProvenance.map(([version]) => version)), broken };
}

function parseSlice(body: Buffer, { start, end }: Slice): Parsed<unknown> {
  if (end - start > bounds.MAX_MANIFEST_BYTES) return { malformed: `larger than ${bounds.MAX_MANIFEST_BYTES} bytes` };
  return parseJson(body.subarray(start, end), (value) => ({ value }));
}

/** Publish times by version; `created`, `modified`, `unpublished` and what is no time are left out. */
function parseTimes(time: Fields): ReadonlyMap<string, Instant> {
  const times = new Map<string, Instant>();
  for (const [version, value] of Object.entries(time)) {
    if (times.size >= 2 * bounds.MAX_VERSIONS) break;
    if (!isVersion(version)) continue;
    const instant = parseInstant(value);
    if (instant !== null) times.set(version, instant);
  }
  return times;
}
