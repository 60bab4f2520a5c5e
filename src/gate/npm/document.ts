import type { Slice } from '../../readers/json-walk.ts';
import { skipSpace, skipValue, walkObject, keyText } from '../../readers/json-walk.ts';
import { isObject } from '../../model/value.ts';
import { outlineOf } from '../../registries/npm/outline.ts';

/** A registry's document of a package, full or abbreviated, as bytes of which parts are known. */
export interface Document {
  readonly name: string;
  readonly body: Buffer;
  readonly members: ReadonlyMap<string, Slice>;
  readonly versions: ReadonlyMap<string, Slice>;
  readonly distTags: Readonly<Record<string, string>>;
}

/** Null for what is no document about `name`. */
export function readDocument(body: Buffer, name: string): Document | null {
  const outline = outlineOf(body);
  if (outline === null || (outline.versions === null && outline.members.has('versions'))) return null;
  const { members } = outline;
  if (valueOf(body, members.get('name')) !== name) return null;
  const tags = valueOf(body, members.get('dist-tags'));
  const pairs = isObject(tags) ? Object.entries(tags) : [];
  const distTags = Object.fromEntries(pairs.flatMap(([tag, to]) => (typeof to === 'string' ? [[tag, to]] : [])));
  return { name, body, members, versions: outline.versions ?? new Map<string, Slice>(), distTags };
}

/** What a version's manifest says of where its bytes are, and of their hashes; null for what cannot be read. */
export interface Dist {
  readonly tarball: string | null;
  readonly integrity: string | null;
}

/** Reads no more of a manifest than where its bytes are, and of their hashes; null for what cannot be read. */
export function distOf({ body, versions }: Document, version: string): Dist | null {
  const dist = memberOf(body, versions.get(version), 'dist');
  const value = dist === null ? null : valueOf(body, dist);
  if (!isObject(value)) return null;
  const text = (key: string): string | null => (typeof value[key] === 'string' ? value[key] : null);
  const shasum = text('shasum');
  const sha1 = shasum !== null && /^[0-9a-f]{40}$/i.test(shasum) ? shasum : null;
  return {
    tarball: text('tarball'),
    integrity: text('integrity') ?? (sha1 && `sha1-${Buffer.from(sha1, 'hex').toString('base64')}`),
  };
}

/** What a client gets instead of what the registry says. */
export interface Changes {
  /** Versions that are left out, with why. */
  readonly refused: ReadonlyMap<string, string>;
  readonly distTags: Readonly<Record<string, string>>;
  /** The address that a client is given for a version's tarball; null where it may have the registry's. */
  readonly addressOf: ((version: string, tarball: string) => string) | null;
}

/**
 * The document with the changes, and everything else of it byte by byte. npm reads `policyRestrictions`
 * (npm-pick-manifest): asked for one of these versions, it shows the message.
 */
export function changedDocument(document: Document, { refused, distTags, addressOf }: Changes): Buffer {
  const { body, members, versions } = document;
  const parts: Buffer[] = [];
  const add = (text: string): void => void parts.push(Buffer.from(text));
  const raw = ({ start, end }: Slice): void => void parts.push(body.subarray(start, end));
  add('{');
  let isFirst = true;
  const key = (name: string): void => {
    add(`${isFirst ? '' : ','}${JSON.stringify(name)}:`);
    isFirst = false;
  };
  for (const [name, slice] of members) {
    if (name === 'policyRestrictions') continue;
    key(name);
    if (name === 'dist-tags') add(JSON.stringify(distTags));
    else if (name !== 'versions') raw(slice);
    else {
      add('{');
      let following = '';
      for (const [version, part] of versions) {
        if (refused.has(version)) continue;
        add(`${following}${JSON.stringify(version)}:`);
        following = ',';
        const address = addressOf === null ? null : tarballOf(document, part);
        if (address === null || addressOf === null) raw(part);
        else {
          raw({ start: part.start, end: address.start });
          add(JSON.stringify(addressOf(version, address.text)));
          raw({ start: address.end, end: part.end });
        }
      }
      add('}');
    }
  }
  const before = valueOf(body, members.get('policyRestrictions'));
  if (refused.size > 0 || isObject(before)) {
    key('policyRestrictions');
    add(JSON.stringify(restrictionsOf(document.name, refused, before)));
  }
  add('}');
  return Buffer.concat(parts);
}

function restrictionsOf(name: string, refused: ReadonlyMap<string, string>, before: unknown): object {
  const earlier = isObject(before) ? before : {};
  const versions = isObject(earlier['versions']) ? earlier['versions'] : {};
  const own = Object.fromEntries([...refused].map(([version, message]) => [version, { name, version, message }]));
  const said = typeof earlier['message'] === 'string' ? [earlier['message']] : [];
  return { ...earlier, message: [...refused.values(), ...said].join('\n'), versions: { ...versions, ...own } };
}

/** A version's manifest by itself, as a registry answers for one. */
export function manifestIn(document: Document, version: string, addressOf: Changes['addressOf']): Buffer | null {
  const part = document.versions.get(version);
  if (part === undefined) return null;
  const address = addressOf === null ? null : tarballOf(document, part);
  const { body } = document;
  if (address === null || addressOf === null) return body.subarray(part.start, part.end);
  const changed = Buffer.from(JSON.stringify(addressOf(version, address.text)));
  return Buffer.concat([body.subarray(part.start, address.start), changed, body.subarray(address.end, part.end)]);
}

function tarballOf({ body }: Document, part: Slice): (Slice & { readonly text: string }) | null {
  const found = memberOf(body, memberOf(body, part, 'dist'), 'tarball');
  const text = found === null ? null : valueOf(body, found);
  return found === null || typeof text !== 'string' ? null : { ...found, text };
}

/** A member of an object; null where there is none, or several, which readers would take differently. */
function memberOf(body: Buffer, object: Slice | null | undefined, name: string): Slice | null {
  if (!object) return null;
  let found: Slice | null = null;
  const end = walkObject(body, skipSpace(body, object.start), (keyStart, keyEnd, start) => {
    const valueEnd = skipValue(body, start);
    if (keyText(body, keyStart, keyEnd) !== name) return valueEnd;
    if (found !== null) return -1;
    found = { start, end: valueEnd };
    return valueEnd;
  });
  return end === object.end ? found : null;
}

function valueOf(body: Buffer, slice: Slice | undefined): unknown {
  if (slice === undefined) return undefined;
  try {
    return JSON.parse(body.toString('utf8', slice.start, slice.end)) as unknown;
  } catch {
    return undefined;
  }
}
