import { hash } from 'node:crypto';
import type {
  AcceptedFinding,
  Baseline,
  BaselinePackage,
  BaselineVersion,
  Despite,
  LastingIdentity,
  LogHead,
  PublishedVersion,
  SeenVersion,
} from '../model/baseline.ts';
import { STABLE } from '../model/channel.ts';
import { conventionsOf } from '../ecosystems/conventions/index.ts';
import { hashText } from '../model/hash.ts';
import { packageId, packageRef, type PackageId } from '../model/package.ts';
import { formatInstant, type Instant } from '../model/time.ts';
import { artifactValues } from '../model/locked-bytes.ts';
import { compareText, formatText } from '../model/value.ts';
import { groupBy } from '../model/group-by.ts';

/** The version of the format; it changes when an older assay could not read the file. */
export const FORMAT = 2;
/** The first line. */
export const HEADER = `# assay.lock/${FORMAT}: written by assay, reviewed by people`;

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
 * A baseline as text (docs/assay-lock.md). Every line carries its own subject, so that no line occurs twice and none
 * means something else at another place: a merge by lines cannot mistake one for another. The first and the last line
 * of a package stay the same when its versions change, so that changes to two packages never touch. The same baseline
 * is always the same text.
 */
export function formatBaseline({ heads, packages, accepted, seen }: Baseline): string {
  const ids = new Set([...packages.keys(), ...[...accepted, ...seen].map(packageId)]);
  const seenOf = groupBy(seen, packageId);
  const acceptedOf = groupBy(accepted, packageId);
  const lines = [...ids]
    .sort(compareText)
    .flatMap((id) =>
      packageLines(id, packages.get(id) ?? nothingKnown(id), seenOf.get(id) ?? [], acceptedOf.get(id) ?? []),
    );
  return [HEADER, ...headLines(heads), ...lines].map((line) => `${line}\n`).join('');
}

function nothingKnown(id: PackageId): BaselinePackage {
  const { ecosystem } = packageRef(id);
  return { ecosystem, since: null, identity: null, channels: new Map(), versions: new Map() };
}

/** The lines about transparency logs. */
export function headLines(heads: readonly LogHead[]): string[] {
  return heads
    .map(({ origin, size, root }) => `log ${formatText(origin)} ${size} ${Buffer.from(root, 'hex').toString('base64')}`)
    .sort(compareText);
}

/** The lines about one package. */
export function packageLines(
  id: PackageId,
  known: BaselinePackage,
  seen: readonly SeenVersion[],
  decided: readonly AcceptedFinding[],
): string[] {
  const { since, identity, channels, versions } = known;
  const named = new Set([...versions.keys(), ...[...seen, ...decided].map(({ version }) => version)]);
  const seenAs = groupBy(seen, ({ version }) => version);
  const decidedOn = groupBy(decided, ({ version }) => version);
  return [
    `${id} package`,
    ...identityValues(identity, IDENTITY_FIELDS).map((value) => `${id} ${value}`),
    ...[...channels]
      .sort(([a], [b]) => compareText(a, b))
      .flatMap(([channel, by]) => identityValues(by, IDENTITY_FIELDS).map((value) => `${id}#${channel} ${value}`)),
    ...[...named]
      .sort((a, b) => compareText(formatVersion(a), formatVersion(b)))
      .flatMap((version) => {
        const entry = versions.get(version);
        const values = [
          ...(entry === undefined ? [] : versionValues(entry, channelIdentity(version, known))),
          ...(seenAs.get(version) ?? []).map(({ time }) => `seen ${formatInstant(time)}`),
          ...(decidedOn.get(version) ?? []).map(acceptedValue).sort(compareText),
        ];
        return values.map((value) => `${id}@${formatVersion(version)} ${value}`);
      }),
    `${id} since ${since === null ? 'never' : publishedValue(since)}`,
  ];
}

/** Who built the channel of a version last; the package's stable versions, where the version says nothing of it. */
export function channelIdentity(
  version: string,
  { ecosystem, identity, channels }: Pick<BaselinePackage, 'ecosystem' | 'identity' | 'channels'>,
): LastingIdentity | null {
  const channel = conventionsOf(ecosystem).versions.parse(version)?.channel ?? STABLE;
  return channel === STABLE ? identity : (channels.get(channel) ?? null);
}

function publishedValue({ version, published }: PublishedVersion): string {
  return `${formatVersion(version)} ${timeValue(published)}`;
}

/** A lockfile can have an address in the place of a version: what a subject cannot have is percent-encoded UTF-8. */
export function formatVersion(version: string): string {
  return version.replace(/[^!-$&-?A-~]/gu, (char) =>
    [...Buffer.from(char)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}

export function versionOfText(text: string): string {
  return text.replace(/(?:%[\dA-F]{2})+/g, (bytes) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString('utf8'));
}

function timeValue(time: Instant | null): string {
  return time === null ? 'unknown' : formatInstant(time);
}

/** SHA-256 of the lines of an identity without their subject (docs/assay-lock.md). */
export function identityDigest(identity: LastingIdentity): string {
  const lines = identityValues(identity, IDENTITY_FIELDS).map((value) => `${value}\n`);
  return `sha256-${hash('sha256', lines.join(''), 'base64')}`;
}

/** The identity is left out where it is the channel's. */
function versionValues(entry: BaselineVersion, ofChannel: LastingIdentity | null): string[] {
  const { artifacts, evidence, entry: claims, provenance, capabilities, despite } = entry;
  const own = provenance.identity !== null && !sameIdentity(provenance.identity, ofChannel);
  return [
    ...artifactValues(artifacts).map((value) => `artifact ${value}`),
    `verified ${hashText(evidence)}${claims === undefined ? '' : ` entry ${hashText(claims)}`}`,
    `provenance ${provenanceValue(provenance, own ? null : ofChannel)}`,
    ...(own ? identityValues(provenance.identity, IDENTITY_FIELDS) : []),
    ...releaseValues(entry),
    ...(capabilities === null ? [] : [`capability ${capabilities.join(' ') || 'none'}`]),
    ...(despite === undefined ? [] : despiteValues(despite)),
  ];
}

/** When it was published, and by whom, in one line; none where nobody said either. */
function releaseValues({ published, publisher, approver }: BaselineVersion): string[] {
  if (published === null && publisher === null && approver === undefined) return [];
  const by = publisher === null ? '' : ` by ${formatText(publisher)}`;
  const approved = approver === undefined ? '' : ` approved by ${formatText(approver)}`;
  return [`published ${timeValue(published)}${by}${approved}`];
}

/** What is proven by the identity of a channel says which one: a merge could put another one into its lines. */
function provenanceValue(provenance: BaselineVersion['provenance'], ofChannel: LastingIdentity | null): string {
  if (provenance.identity !== null) return ofChannel === null ? 'proven' : `proven by ${identityDigest(ofChannel)}`;
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

function acceptedValue({ code, bytes, until, by, why }: AcceptedFinding): string {
  const words = `until ${formatInstant(until)} by ${formatText(by)} because ${formatText(why)}`;
  return `accepted ${code} ${hashText(bytes)} ${words}`;
}

export function sameIdentity(a: LastingIdentity, b: LastingIdentity | null): boolean {
  return b !== null && IDENTITY_FIELDS.every(([, member]) => a[member] === b[member]);
}
