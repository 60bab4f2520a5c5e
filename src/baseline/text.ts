import type {
  AcceptedFinding,
  Baseline,
  BaselinePackage,
  BaselineVersion,
  Despite,
  LastingIdentity,
  PublishedVersion,
  SeenVersion,
} from '../model/baseline.ts';
import { channelName, STABLE } from '../model/channel.ts';
import type { Digest } from '../model/dependency.ts';
import { formatInstant } from '../model/time.ts';
import { compareText } from '../model/value.ts';
import { groupBy } from '../model/group-by.ts';

/** The first line; its number changes when an older assay could not read the file. */
export const HEADER = '# assay.lock/1: written by assay, reviewed by people';

/** The fields of an identity and their names in the file, in the file's order. */
export const IDENTITY_FIELDS = [
  ['issuer', 'issuer'],
  ['repository', 'repository'],
  ['repository-id', 'repositoryId'],
  ['owner-id', 'ownerId'],
  ['workflow', 'workflow'],
  ['signer', 'signer'],
  ['runner', 'runner'],
] as const satisfies readonly (readonly [string, keyof LastingIdentity])[];

/** The same for who was expected instead. */
export const EXPECTED_FIELDS = IDENTITY_FIELDS.map(([field, member]) => [`expected-${field}`, member] as const);

type NamedFields = readonly (readonly [string, keyof LastingIdentity])[];

/**
 * A baseline as text (docs/baseline.md). Every line carries its own subject, `name` or `name@version`, so that no line
 * occurs twice and none means something else at another place: a merge by lines cannot mistake one for another. The
 * first and the last line of a package stay the same when its versions change, so that changes to two packages never
 * touch. The same baseline is always the same text.
 */
export function formatBaseline({ packages, accepted, seen }: Baseline): string {
  const names = new Set([...packages.keys(), ...[...accepted, ...seen].map(({ name }) => name)]);
  const seenOf = groupBy(seen, ({ name }) => name);
  const acceptedOf = groupBy(accepted, ({ name }) => name);
  const lines = [...names]
    .sort(compareText)
    .flatMap((name) =>
      packageLines(name, packages.get(name) ?? NOTHING_KNOWN, seenOf.get(name) ?? [], acceptedOf.get(name) ?? []),
    );
  return [HEADER, ...lines].map((line) => `${line}\n`).join('');
}

const NOTHING_KNOWN: BaselinePackage = { since: null, identity: null, channels: new Map(), versions: new Map() };

/** The lines about one package. */
export function packageLines(
  name: string,
  { since, identity, channels, versions }: BaselinePackage,
  seen: readonly SeenVersion[],
  decided: readonly AcceptedFinding[],
): string[] {
  const named = new Set([...versions.keys(), ...[...seen, ...decided].map(({ version }) => version)]);
  const seenAs = groupBy(seen, ({ version }) => version);
  const decidedOn = groupBy(decided, ({ version }) => version);
  return [
    `${name} package npm`,
    ...identityValues(identity, IDENTITY_FIELDS).map((value) => `${name} ${value}`),
    ...[...channels]
      .sort(([a], [b]) => compareText(a, b))
      .flatMap(([channel, by]) => identityValues(by, IDENTITY_FIELDS).map((value) => `${name}#${channel} ${value}`)),
    ...[...named].sort(compareText).flatMap((version) => {
      const entry = versions.get(version);
      const values = [
        ...(entry === undefined ? [] : versionValues(entry, channelIdentity(version, { identity, channels }))),
        ...(seenAs.get(version) ?? []).map(({ time }) => `seen ${formatInstant(time)}`),
        ...(decidedOn.get(version) ?? []).map(acceptedValue).sort(compareText),
      ];
      return values.map((value) => `${name}@${version} ${value}`);
    }),
    `${name} since ${since === null ? 'never' : publishedValue(since)}`,
  ];
}

/** Who built the channel of a version last; the package's stable versions, where the version says nothing of it. */
export function channelIdentity(
  version: string,
  { identity, channels }: Pick<BaselinePackage, 'identity' | 'channels'>,
): LastingIdentity | null {
  const channel = channelName(version) ?? STABLE;
  return channel === STABLE ? identity : (channels.get(channel) ?? null);
}

function publishedValue({ version, published }: PublishedVersion): string {
  return `${version} ${published === null ? 'unknown' : formatInstant(published)}`;
}

/** The identity is left out where it is the channel's. */
function versionValues(entry: BaselineVersion, ofChannel: LastingIdentity | null): string[] {
  const {
    integrity,
    evidence,
    entry: claims,
    provenance,
    publisher,
    approver,
    published,
    capabilities,
    despite,
  } = entry;
  const own = provenance.identity !== null && !sameIdentity(provenance.identity, ofChannel);
  return [
    `integrity ${formatDigest(integrity)}`,
    `evidence ${formatDigest(evidence)}`,
    ...(claims === undefined ? [] : [`entry ${formatDigest(claims)}`]),
    `provenance ${provenanceValue(provenance)}`,
    ...(own ? identityValues(provenance.identity, IDENTITY_FIELDS) : []),
    ...(publisher === null ? [] : [`publisher ${formatText(publisher)}`]),
    ...(approver === undefined ? [] : [`approver ${formatText(approver)}`]),
    ...(published === null ? [] : [`published ${formatInstant(published)}`]),
    ...(capabilities === null ? [] : [`capability ${capabilities.join(' ') || 'none'}`]),
    ...(despite === undefined ? [] : despiteValues(despite)),
  ];
}

function provenanceValue(provenance: BaselineVersion['provenance']): string {
  if (provenance.identity !== null) return 'proven';
  return 'lost' in provenance ? `lost ${publishedValue(provenance.lost)}` : `none ${provenance.earlier}`;
}

function despiteValues({ codes, expected }: Despite): string[] {
  return [`despite ${[...new Set(codes)].sort().join(' ')}`, ...identityValues(expected, EXPECTED_FIELDS)];
}

function identityValues(identity: LastingIdentity | null, fields: NamedFields): string[] {
  if (identity === null) return [];
  return fields.flatMap(([field, member]) => {
    const value = identity[member];
    return value === null ? [] : [`${field} ${formatText(value)}`];
  });
}

function acceptedValue({ code, integrity, until, by, why }: AcceptedFinding): string {
  const words = `until ${formatInstant(until)} by ${formatText(by)} because ${formatText(why)}`;
  return `accepted ${code} ${formatDigest(integrity)} ${words}`;
}

export function sameIdentity(a: LastingIdentity, b: LastingIdentity | null): boolean {
  return b !== null && IDENTITY_FIELDS.every(([, member]) => a[member] === b[member]);
}

/** Subresource Integrity (https://www.w3.org/TR/SRI/). */
function formatDigest({ algorithm, hex }: Digest): string {
  return `${algorithm}-${Buffer.from(hex, 'hex').toString('base64')}`;
}

/** One word of printable ASCII as it is; anything else as a JSON string in ASCII. */
export function formatText(text: string): string {
  if (/^[!#-~][!-~]*$/.test(text)) return text;
  return JSON.stringify(text).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
