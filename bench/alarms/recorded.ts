import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Packument } from '../../src/model/evidence.ts';
import { parsePackument } from '../../src/registries/npm-documents.ts';

/**
 * Every registry document below a folder. Of a package that was recorded more than once, the document with most versions.
 * Throws for a document that cannot be read: a measurement that leaves something out silently is none.
 */
export function recordedPackuments(folder: string): readonly Packument[] {
  const packuments = new Map<string, Packument>();
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    if (!file.endsWith('.json')) continue;
    const document = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { readonly name: string };
    const parsed = parsePackument(document, document.name);
    if (!('value' in parsed)) throw new Error(`${file}: ${parsed.malformed}`);
    if (parsed.value.broken.size > 0) throw new Error(`${file}: ${[...parsed.value.broken.keys()].join(', ')}`);
    const other = packuments.get(document.name);
    if (other === undefined || other.versions.size < parsed.value.versions.size) {
      packuments.set(document.name, parsed.value);
    }
  }
  return [...packuments.values()];
}
