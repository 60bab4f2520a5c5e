import fc from 'fast-check';
import { CAPABILITIES } from '../../src/model/capability.ts';
import {
  type AcceptedFinding,
  type Baseline,
  type BaselinePackage,
  type BaselineVersion,
  isAcceptable,
  type LastingIdentity,
  type LogHead,
} from '../../src/model/baseline.ts';
import type { Digest } from '../../src/model/dependency.ts';
import type { Hash } from '../../src/model/hash.ts';
import { packageId, versionId } from '../../src/model/package.ts';
import { FINDING_CODES } from '../../src/model/finding.ts';

const hex = (bytes: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((array) => Buffer.from(array).toString('hex'));
const sha512: fc.Arbitrary<Digest> = hex(64).map((text) => ({ algorithm: 'sha512', hex: text }));
const hash: fc.Arbitrary<Hash> = fc.oneof(
  sha512,
  fc.tuple(fc.constantFrom('sha256', 'h1'), hex(32)).map(([algorithm, text]): Hash => ({ algorithm, hex: text })),
  hex(48).map((text): Hash => ({ algorithm: 'sha384', hex: text })),
);
const sha256: fc.Arbitrary<Digest> = hex(32).map((text) => ({ algorithm: 'sha256', hex: text }));
/** Whole seconds, as the file has them. */
const instant = fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => seconds * 1000);
const orNull = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { nil: null });
/** Anything a certificate or a registry may say, line breaks and lone surrogates too. */
const anyText = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constant('a\nb "c" \\ \u2028\u{1f600}\ud800'));
const name = fc.oneof(
  fc.stringMatching(/^[a-z][a-z0-9.-]{0,8}$/),
  fc.stringMatching(/^@[a-z]{1,4}\/[a-z][a-z0-9._-]{0,6}$/),
  fc.constantFrom('__proto__', 'constructor', '-', "it's", 'example.com/a/b/v2'),
);
const version = fc.oneof(
  { weight: 9, arbitrary: fc.stringMatching(/^v?[0-9]\.[0-9]{1,2}\.[0-9](-[a-z]{1,3}\.[0-9])?(\+[a-z]{1,2})?$/) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('git+ssh://git@x.example/p.git#a/1', '100%', 'https://x.example/\u00fc.tgz'),
  },
);

const identity: fc.Arbitrary<LastingIdentity> = fc.record({
  issuer: anyText,
  repository: orNull(anyText),
  repositoryId: orNull(anyText),
  ownerId: orNull(anyText),
  workflow: orNull(anyText),
  signer: orNull(anyText),
  runner: fc.constantFrom('hosted', 'self-hosted', null),
});

const publishedVersion = fc.record({ version, published: orNull(instant) });
const acceptable = FINDING_CODES.filter(isAcceptable);
const despite = fc.record({
  codes: fc.subarray(acceptable, { minLength: 1 }),
  expected: orNull(identity),
});

const NO_BYTES: Hash = { algorithm: 'sha512', hex: '00'.repeat(64) };

const plainEntry = (builder: fc.Arbitrary<LastingIdentity>) =>
  fc.record({
    artifacts: fc.oneof(
      sha512.map((one): BaselineVersion['artifacts'] => [{ file: null, hash: one }]),
      fc
        .uniqueArray(fc.record({ file: anyText, hash }), { selector: ({ file }) => file, minLength: 1, maxLength: 3 })
        .map(([first, ...others]): BaselineVersion['artifacts'] => [first ?? { file: '', hash: NO_BYTES }, ...others]),
    ),
    evidence: sha256,
    provenance: fc.oneof(
      fc.record({ identity: builder }),
      fc.record({ identity: fc.constant(null), earlier: fc.integer({ min: 0, max: 9_999_999 }) }),
    ),
    publisher: orNull(anyText),
    published: orNull(instant),
    capabilities: orNull(fc.subarray([...CAPABILITIES])),
  });
const lostProvenance = fc.record({ identity: fc.constant(null), lost: publishedVersion });
function entryBy(builder: fc.Arbitrary<LastingIdentity>): fc.Arbitrary<BaselineVersion> {
  const plain = plainEntry(builder);
  return fc.oneof(
    plain,
    fc.tuple(plain, anyText, sha256).map(([one, approver, claims]) => ({ ...one, approver, entry: claims })),
    fc.tuple(plain, despite).map(([one, against]) => ({ ...one, despite: against })),
    fc
      .tuple(plain, despite, lostProvenance)
      .map(([one, against, provenance]) => ({ ...one, provenance, despite: against })),
  );
}

/** Most of its versions, and its channels, were built by one. */
function knownBy(one: LastingIdentity): fc.Arbitrary<BaselinePackage> {
  const builder = fc.oneof({ weight: 2, arbitrary: fc.constant(one) }, { weight: 1, arbitrary: identity });
  return fc.record({
    ecosystem: fc.constant('npm' as const),
    since: orNull(publishedVersion),
    identity: orNull(builder),
    channels: fc
      .uniqueArray(fc.tuple(fc.constantFrom('canary', 'next', 'prerelease', 'rc'), builder), {
        selector: ([of]) => of,
        maxLength: 2,
      })
      .map((list) => new Map(list)),
    versions: fc
      .uniqueArray(fc.tuple(version, entryBy(builder)), { selector: ([of]) => of, maxLength: 3 })
      .map((list) => new Map(list)),
  });
}

const known = identity
  .chain(knownBy)
  .filter(
    ({ since, identity: by, channels, versions }) =>
      since !== null || by !== null || channels.size > 0 || versions.size > 0,
  );

const ecosystem = fc.constant('npm' as const);

const accepted: fc.Arbitrary<AcceptedFinding> = fc.record({
  ecosystem,
  name,
  version,
  bytes: fc.oneof(
    hash,
    hex(32).map((text): Hash => ({ algorithm: 'files', hex: text })),
  ),
  code: fc.constantFrom(...acceptable),
  by: anyText,
  why: anyText,
  until: instant,
});

const head: fc.Arbitrary<LogHead> = fc.record({ origin: anyText, size: fc.maxSafeNat(), root: hex(32) });

/** Any baseline that can be written. */
export const baseline: fc.Arbitrary<Baseline> = fc.record({
  heads: fc.uniqueArray(head, { selector: ({ origin }) => origin, maxLength: 2 }),
  packages: fc
    .uniqueArray(fc.tuple(name, known), { selector: ([of]) => of, maxLength: 5 })
    .map((list) => new Map(list.map(([of, one]) => [packageId({ ecosystem: 'npm', name: of }), one]))),
  accepted: fc.uniqueArray(accepted, {
    selector: (one) => `${versionId(one)} ${one.code} ${JSON.stringify(one.bytes)}`,
    maxLength: 4,
  }),
  seen: fc.uniqueArray(fc.record({ ecosystem, name, version, time: instant }), {
    selector: versionId,
    maxLength: 4,
  }),
});
