import type {
  AcceptedFinding,
  Baseline,
  BaselinePackage,
  BaselineVersion,
  LastingIdentity,
  PublishedVersion,
} from '../model/baseline.ts';
import type { Digest } from '../model/dependency.ts';
import { formatInstant } from '../model/time.ts';

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

/**
 * A baseline as text (docs/baseline.md). Every line carries its own subject, `name` or `name@version`, so that no line
 * occurs twice and none means something else at another place: a merge by lines cannot mistake one for another. The
 * first and the last line of a package stay the same when its versions change, so that changes to two packages never
 * touch. The same baseline is always the same text.
 */
export function formatBaseline({ packages, accepted }: Baseline): string {
  const names = new Set([...packages.keys(), ...accepted.map(({ name }) => name)]);
  const lines = [...names].sort(compareText).flatMap((name) => {
    const decided = accepted.filter((one) => one.name === name);
    return packageLines(name, packages.get(name) ?? NOTHING_KNOWN, decided);
  });
  return [HEADER, ...lines].map((line) => `${line}\n`).join('');
}

const NOTHING_KNOWN: BaselinePackage = { since: null, identity: null, versions: new Map() };

function packageLines(
  name: string,
  { since, identity, versions }: BaselinePackage,
  decided: readonly AcceptedFinding[],
): string[] {
  const named = new Set([...versions.keys(), ...decided.map(({ version }) => version)]);
  return [
    `${name} package npm`,
    ...identityValues(identity).map((value) => `${name} ${value}`),
    ...[...named].sort(compareText).flatMap((version) => {
      const entry = versions.get(version);
      const values = [
        ...(entry === undefined ? [] : versionValues(entry, identity)),
        ...decided
          .filter((one) => one.version === version)
          .map(acceptedValue)
          .sort(compareText),
      ];
      return values.map((value) => `${name}@${version} ${value}`);
    }),
    `${name} since ${since === null ? 'never' : sinceValue(since)}`,
  ];
}

function sinceValue({ version, published }: PublishedVersion): string {
  return `${version} ${published === null ? 'unknown' : formatInstant(published)}`;
}

/** The identity is left out where it is the package's. */
function versionValues(entry: BaselineVersion, ofPackage: LastingIdentity | null): string[] {
  const { integrity, evidence, provenance, publisher, published, capabilities } = entry;
  const own = provenance.identity !== null && !sameIdentity(provenance.identity, ofPackage);
  return [
    `integrity ${formatDigest(integrity)}`,
    `evidence ${formatDigest(evidence)}`,
    `provenance ${provenance.identity === null ? `none ${provenance.earlier}` : 'proven'}`,
    ...(own ? identityValues(provenance.identity) : []),
    ...(publisher === null ? [] : [`publisher ${formatText(publisher)}`]),
    ...(published === null ? [] : [`published ${formatInstant(published)}`]),
    ...(capabilities === null ? [] : [`capability ${capabilities.join(' ') || 'none'}`]),
  ];
}

function identityValues(identity: LastingIdentity | null): string[] {
  if (identity === null) return [];
  return IDENTITY_FIELDS.flatMap(([field, member]) => {
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

/** By code unit, the same on every machine whatever its locale. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
