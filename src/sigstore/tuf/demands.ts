import { formatInstant, type Instant } from '../../model/time.ts';
import { show } from '../refusal.ts';
import { refused } from './answer.ts';
import {
  isSignedBy,
  parseSigned,
  parseTimestamp,
  type Metadata,
  type Role,
  type Root,
  type Signed,
  type Snapshot,
  type Timestamp,
  type TopRole,
} from './metadata.ts';

/*
 * What any metadata have to meet: enough signatures, the version that was announced, none older than what was seen
 * before (`floors`: versions by file), and a time of expiry that is still ahead. All throw `Unusable`, and
 * those that parse also `Malformed`.
 */

/** Metadata that enough keys of the role signed. */
export function readSigned<T>(bytes: Buffer, type: TopRole, role: Role, parse: (signed: Signed) => T, name: string): T {
  const signed = parseSigned(bytes, type);
  if (!isSignedBy(signed, role)) throw refused(`${name} is not signed by enough of its keys`);
  return parse(signed);
}

/**
 * The timestamp, which is no older than the last one and names no older snapshot (5.4). One of the version that is
 * known says nothing new (5.4.3.1).
 */
export function readTimestamp(
  bytes: Buffer,
  root: Root,
  floors: ReadonlyMap<string, number>,
  known: Timestamp | null,
): Timestamp {
  const timestamp = readSigned(bytes, 'timestamp', root.roles.timestamp, parseTimestamp, 'timestamp.json');
  if (timestamp.version === known?.version) return known;
  demandFloor('timestamp.json', timestamp.version, floors);
  demandFloor('snapshot.json', timestamp.snapshot.version, floors);
  return timestamp;
}

/** Refuses a snapshot that lists a file in an older version than before, or no longer (5.5.5). */
export function checkFloors({ meta }: Snapshot, floors: ReadonlyMap<string, number>): void {
  for (const name of floors.keys()) {
    if (name === 'timestamp.json' || name === 'snapshot.json') continue;
    const listed = meta.get(name);
    if (listed === undefined) throw refused(`the snapshot does not list ${show(name)} any more`);
    demandFloor(name, listed.version, floors);
  }
}

/** From now on nothing older is used. Metadata that were refused, such as expired ones, raise no floor. */
export function raiseFloors(floors: Map<string, number>, metadata: Timestamp | Snapshot): void {
  if ('meta' in metadata) {
    for (const [name, { version }] of metadata.meta) floors.set(name, version);
  } else {
    floors.set('timestamp.json', metadata.version).set('snapshot.json', metadata.snapshot.version);
  }
}

export function demandVersion(metadata: Metadata, version: number, name: string): void {
  if (metadata.version !== version) throw refused(`${name} is version ${metadata.version} instead of ${version}`);
}

function demandFloor(name: string, version: number, floors: ReadonlyMap<string, number>): void {
  const floor = floors.get(name) ?? 0;
  if (version < floor) throw refused(`${show(name)} was rolled back to version ${version} from ${floor}`);
}

/** Refuses what has expired; with `now` null nothing has. */
export function demandFresh(metadata: Metadata, name: string, now: Instant | null, more = ''): void {
  if (now === null || metadata.expires > now) return;
  const clock = `this machine's clock says ${formatInstant(now)}`;
  throw refused(`${name} has expired, at ${formatInstant(metadata.expires)}, and ${clock}${more}`);
}

/** The same of the newest root there is (5.3.10): what is missing then is the one after it. */
export function demandFreshRoot(root: Root, now: Instant | null): void {
  demandFresh(root, 'root', now, `; after version ${root.version}, there is no ${root.version + 1}.root.json`);
}
