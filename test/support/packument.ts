import type { Packument } from '../../src/model/evidence.ts';
import { parsePackument } from '../../src/registries/npm/packument.ts';

/** [version, time of publication, who published, with provenance or without]. `oidc` is a trusted publisher. */
export type Row = readonly [
  version: string,
  time: string,
  publisher: string,
  provenance: 'proven' | 'bare',
  more?: Readonly<Record<string, unknown>>,
];

/** A registry document of these versions; without `latest`, it has no tags. */
export function packument(name: string, rows: readonly Row[], latest?: string, tags: object = {}): Packument {
  const manifest = ([version, , publisher, provenance, more]: Row): unknown => ({
    name,
    version,
    _npmUser:
      publisher === 'oidc' ? { name: 'GitHub Actions', trustedPublisher: { id: 'github' } } : { name: publisher },
    ...more,
    dist:
      provenance === 'proven'
        ? { attestations: { provenance: { predicateType: 'https://slsa.dev/provenance/v1' } } }
        : {},
  });
  const document = {
    name,
    'dist-tags': latest === undefined ? tags : { latest, ...tags },
    versions: Object.fromEntries(rows.map((row) => [row[0], manifest(row)])),
    time: Object.fromEntries(rows.map(([version, time]) => [version, time])),
  };
  const parsed = parsePackument(Buffer.from(JSON.stringify(document)), name);
  if (!('value' in parsed)) throw new Error(parsed.malformed);
  return parsed.value;
}
