import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Packument } from '../../src/model/evidence.ts';
import { parsePackument } from '../../src/registries/npm/packument.ts';

/**
 * Every registry document below a folder. Of a package that was recorded more than once, the document with most
 * versions. Throws for a document that cannot be read: a measurement that leaves something out silently is none.
 */
export function recordedPackuments(folder: string): readonly Packument[] {
  const packuments = new Map<string, Packument>();
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    if (!file.endsWith('.json')) continue;
    const body = readFileSync(join(folder, file));
    const document = JSON.parse(body.toString('utf8')) as { readonly name: string };
    const parsed = parsePackument(body, document.name);
    if (!('value' in parsed)) throw new Error(`${file}: ${parsed.malformed}`);
    const { versions, broken } = parsed.value;
    for (const version of versions.keys()) versions.get(version);
    if (broken.size > 0) throw new Error(`${file}: ${[...broken.keys()].join(', ')}`);
    const other = packuments.get(document.name);
    if (other === undefined || other.versions.size < versions.size) {
      packuments.set(document.name, parsed.value);
    }
  }
  return [...packuments.values()];
}
