import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Gate } from '../../gate/index.ts';
import { lockfilesIn } from '../project/find.ts';

/**
 * Takes back what was given: each address of the gate becomes the one that the registry had in its place, also where it
 * is written as a part of another one. What was not given stays.
 */
export function withoutGate(
  text: string,
  { given, origin }: Pick<Gate, 'given' | 'origin'>,
  written: (address: string) => string,
): string {
  const replaced = (by: (text: string) => string, from: (text: string) => string, rest: string) => {
    const addresses = new RegExp(by(origin).replace(/[.*+?^${}()|[\]\\]/g, '\\$&') + rest, 'g');
    return (before: string): string =>
      before.replace(addresses, (found) => {
        const original = given.get(from(found));
        return original === undefined ? found : by(written(original));
      });
  };
  // A hash may follow, which is the lockfile's own.
  const plain = replaced(String, String, `[^\\s"'#,\\]}]*`);
  const encoded = replaced(encodeURIComponent, decoded, `(?:[\\w.!~*()-]|%[0-9A-Fa-f]{2})*`);
  return encoded(plain(text));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What package managers keep of a lockfile beside what they installed by it. */
const COPIES = ['node_modules/.yarn-integrity'];

/**
 * Takes the gate's addresses out of the lockfiles of a folder. Returns those that still have one, which is an error of
 * assay.
 */
export function cleanLockfiles(
  folder: string,
  gate: Pick<Gate, 'given' | 'origin'>,
  written: (address: string) => string,
): readonly string[] {
  const lockfiles = lockfilesIn(folder);
  const copies = COPIES.map((name) => join(folder, name)).filter((path) => existsSync(path));
  for (const path of [...lockfiles, ...copies]) {
    const text = readFileSync(path, 'latin1');
    const clean = withoutGate(text, gate, written);
    if (clean !== text) writeFileSync(path, clean, 'latin1');
  }
  return lockfiles.filter((path) => {
    const text = readFileSync(path, 'latin1');
    return text.includes(gate.origin) || text.includes(encodeURIComponent(gate.origin));
  });
}
