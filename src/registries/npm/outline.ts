import * as bounds from '../../model/limits.ts';
import { keyText, skipSpace, skipValue, walkObject, type Slice } from '../../readers/json-walk.ts';

/** What is where in a registry document. */
export interface Outline {
  readonly members: ReadonlyMap<string, Slice>;
  /** Null where there is no object of versions. */
  readonly versions: ReadonlyMap<string, Slice> | null;
}

/** What is where in a document; null where it is none. A key that occurs twice would be two documents in one. */
export function outlineOf(body: Buffer): Outline | null {
  const members = new Map<string, Slice>();
  let versions: Outline['versions'] = null;
  const end = walkObject(body, skipSpace(body, 0), (keyStart, keyEnd, start) => {
    const key = keyText(body, keyStart, keyEnd);
    if (key === null || members.has(key) || members.size >= bounds.MAX_DEPENDENCIES) return -1;
    const found = new Map<string, Slice>();
    const walked = key === 'versions' ? walkVersions(body, start, found) : -1;
    if (walked !== -1) versions = found;
    const after = walked === -1 ? skipValue(body, start) : walked;
    members.set(key, { start, end: after });
    return after;
  });
  return end !== -1 && skipSpace(body, end) === body.length ? { members, versions } : null;
}

function walkVersions(body: Buffer, start: number, versions: Map<string, Slice>): number {
  return walkObject(body, start, (keyStart, keyEnd, value) => {
    const version = keyText(body, keyStart, keyEnd);
    if (version === null || versions.has(version) || versions.size >= bounds.MAX_VERSIONS) return -1;
    const end = skipValue(body, value);
    versions.set(version, { start: value, end });
    return end;
  });
}
