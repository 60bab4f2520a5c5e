import { createHash } from 'node:crypto';
import { indexBytes, type PackIndex } from '../../src/pack/index-file.ts';
import { headerOf, indexSum, paddingOf, TRAILER } from '../../src/pack/layout.ts';

export const MADE = Date.parse('2026-04-01T10:00:00Z');
const URL_OF = 'https://registry.example/';

const CONTENTS: Readonly<Record<string, string>> = {
  'npm/registry.example/@s/q/packument.json': '{"name":"@s/q"}',
  'npm/registry.example/p/1.0.0/1.sigstore.json': '{"mediaType":"bundle"}',
  'npm/registry.example/p/packument.json': `{"name":"p","filling":"${'x'.repeat(700)}"}`,
  [`npm/registry.example/${'long'.repeat(20)}/packument.json`]: '{}',
};

const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');
const of = (path: string): string => sha256(CONTENTS[path] ?? '');

/** An index of the contents above. */
export function someIndex(change: Partial<PackIndex> = {}): PackIndex {
  const [scoped = '', bundle = '', packument = '', long = ''] = Object.keys(CONTENTS);
  return {
    made: MADE,
    by: 'assay 0.1.0',
    base: null,
    lockfiles: [{ path: 'package-lock.json', sha256: sha256('lockfile') }],
    registries: [URL_OF],
    trust: [{ url: 'https://tuf.example/', root: 3, timestamp: 7, snapshot: 2, targets: null, expires: MADE + 1000 }],
    answers: [
      {
        url: `${URL_OF}-/npm/v1/attestations/p@1.0.0`,
        state: 'present',
        bundles: [{ predicateType: 'https://slsa.dev/provenance/v1', sha256: of(bundle) }],
      },
      { url: `${URL_OF}@s%2fq`, state: 'present', sha256: of(scoped) },
      { url: `${URL_OF}broken`, state: 'unavailable', reason: 'the server answered 500', status: 500 },
      { url: `${URL_OF}gone`, state: 'absent' },
      { url: `${URL_OF}huge`, state: 'too-large' },
      { url: `${URL_OF}long`, state: 'present', sha256: of(long) },
      { url: `${URL_OF}p`, state: 'present', sha256: of(packument) },
    ],
    members: Object.keys(CONTENTS)
      .sort()
      .map((path) => ({ path, sha256: of(path), size: CONTENTS[path]?.length ?? 0 })),
    ...change,
  };
}

/** A tar of an index, whose bytes may be another's, with these entries in place of those it names. */
export function tarOf(
  index: Buffer,
  entries: readonly (readonly [header: Buffer, content: string])[] = ENTRIES,
): Buffer {
  const sum = indexSum(index);
  const parts = [
    ...[headerOf({ path: 'index.json', size: index.length }), index, Buffer.alloc(paddingOf(index.length))],
    ...[headerOf({ path: 'index.json.sha256', size: sum.length }), sum, Buffer.alloc(paddingOf(sum.length))],
    ...entries.flatMap(([header, content]) => [
      header,
      Buffer.from(content),
      Buffer.alloc(paddingOf(Buffer.byteLength(content))),
    ]),
    TRAILER,
  ];
  return Buffer.concat(parts);
}

export const ENTRIES: readonly (readonly [header: Buffer, content: string])[] = Object.entries(CONTENTS)
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([path, content]) => [headerOf({ path, size: content.length }), content]);

export const PACK = tarOf(indexBytes(someIndex()));
