import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { placesOf } from '../../src/logs/places.ts';
import { publicGoodRoot } from '../../src/sigstore/public-good.ts';
import { parseSigningLogs } from '../../src/sigstore/signing-config.ts';
import { hasSharedData, sharedData } from '../support/shared-data.ts';

describe('the logs of the public-good root', () => {
  it('are of the kind that their keys say', () => {
    expect(placesOf(publicGoodRoot(), new Map()).map(({ name, url, api }) => [name, url, api])).toEqual([
      ['rekor.sigstore.dev', 'https://rekor.sigstore.dev', 1],
      ['log2025-1.rekor.sigstore.dev', 'https://log2025-1.rekor.sigstore.dev', 2],
    ]);
  });

  it.skipIf(!hasSharedData)('are those of both signing configurations', () => {
    const logs = ['signing_config.v0.2.json', 'signing_config_rekor_v2.v0.2.json'].flatMap((file) =>
      parseSigningLogs(JSON.parse(readFileSync(sharedData(`sigstore/tuf/prod/targets/${file}`), 'utf8'))),
    );
    const known = placesOf(publicGoodRoot(), new Map()).map(({ name, api }) => ({ name, api }));
    expect(new Set(logs.map(({ name }) => name))).toEqual(new Set(known.map(({ name }) => name)));
    for (const log of logs) expect(known).toContainEqual(log);
  });
});
