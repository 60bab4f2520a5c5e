import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PYPI_INDEX } from '../../ecosystems/conventions/pypi-files.ts';
import type { PythonEffect } from '../../lockfiles/settings/python.ts';
import { withoutCredentials } from '../../model/address.ts';
import { finding, type Finding } from '../../model/finding.ts';
import type { Io } from '../io.ts';
import { shownPath } from '../user-files.ts';
import { committedFolder, isInRepository } from './stores.ts';
import type { UvSettingsFile } from './uv-settings.ts';

/** Something else is used than the lockfile. */
export function notUsed(by: string, instead: string): Finding {
  return finding('lockfile-not-used', { by, instead });
}

/** Code beside the lockfile. */
export function otherCode(by: string, code: 'repository' | 'fetched' | 'unknown'): Finding {
  return finding('lockfile-other-code', { by, code });
}

/** What a setting brings into an installation of the project in `folder`. */
export async function effectOf(
  { key, values, effect }: PythonEffect,
  { file, path }: Pick<UvSettingsFile, 'file' | 'path'>,
  folder: string,
  io: Io,
): Promise<readonly Finding[]> {
  const by = `${key}${values.length === 0 ? '' : `=${values.join(' ')}`} of ${file}`;
  // Tools take most paths from the folder that they are run in, and some from that of the file.
  const bases = [...new Set([folder, dirname(path)])];
  if (effect === 'unknown') return [otherCode(by, 'unknown')];
  if (effect === 'script') return [otherCode(by, 'repository')];
  if (effect === 'index') {
    const indexes = [PYPI_INDEX, ...values].map(withoutCredentials);
    return [finding('lockfile-index-ambiguous', { indexes })];
  }
  if (effect === 'build') return [otherCode(by, key.endsWith('dependencies') ? 'fetched' : 'unknown')];
  if (effect === 'store') {
    const places = await Promise.all(
      values.flatMap((one) => bases.map((base) => committedFolder(one, base, folder, io))),
    );
    const place = places.find((one) => one !== null) ?? null;
    if (place === null) return [];
    return [
      notUsed(by, `what the repository has in ${shownPath(place, io)}, whose bytes are not compared with the hashes`),
    ];
  }
  const isHere = (value: string): boolean => {
    const local = localPath(value);
    return local !== null && bases.some((base) => isPathHere(local, base, folder));
  };
  if (values.some(isHere)) return [otherCode(by, 'repository')];
  return effect === 'source' ? [otherCode(by, 'fetched')] : [];
}

/** Whether a tool takes a text for a path, of something in the repository: a bare name is one where it is there. */
export function isPathHere(text: string, base: string, folder: string): boolean {
  const place = resolve(base, text);
  return (/[/\\]/.test(text) || existsSync(place)) && isInRepository(place, folder);
}

/** Null for an address of another machine, and for what is no path, as a version of Python. */
function localPath(value: string): string | null {
  if (/^file:/i.test(value)) {
    try {
      return fileURLToPath(value);
    } catch {
      // uv takes the rest of such an address for a path.
      return value.slice('file:'.length).replace(/^\/*(?=\/)/, '');
    }
  }
  if (/^[a-z][\w+.-]+:\/\//i.test(value)) return null;
  return value;
}
