import {
  isAcceptable,
  type AcceptedFinding,
  type BaselineArtifact,
  type BaselinePackage,
  type BaselineVersion,
  type Despite,
  type LastingIdentity,
  type LogHead,
  type PublishedVersion,
} from '../model/baseline.ts';
import { CAPABILITIES, type Capability } from '../model/capability.ts';
import type { Digest } from '../model/dependency.ts';
import { FINDING_CODES, type FindingCode } from '../model/finding.ts';
import type { Hash } from '../model/hash.ts';
import type { VersionRef } from '../model/package.ts';
import { formatInstant, parseInstant, type Instant } from '../model/time.ts';
import { formatText } from '../model/value.ts';
import {
  EXPECTED_FIELDS,
  formatVersion,
  IDENTITY_FIELDS,
  identityDigest,
  sameIdentity,
  versionOfText,
} from './text.ts';

type Refuse = (problem: string, field?: string, advice?: string) => never;

/** What a reader of a value says of it. */
interface Verdict {
  /** Never returns. */
  readonly refuse: Refuse;
  /** It can be read, and assay writes it in another way: refused once all of the package is read. */
  readonly differs: () => void;
}

/** The fields of one subject of the file. */
export interface Fields extends Verdict {
  /** The last one's value, of a field that may have several lines. */
  readonly value: (field: string) => string | null;
}

/** A value of a field that may have several lines; `refuse` names its own. */
export interface OneOfSeveral extends Verdict {
  readonly value: string;
}

/** How a text is written: a JSON string or one word. */
const TEXT = String.raw`"(?:[^"\\]|\\.)*"|\S+`;
const ACCEPTED = new RegExp(String.raw`^(\S+) (\S+) until (\S+) by (${TEXT}) because (.+)$`);
const ARTIFACT = new RegExp(`^(?:(${TEXT}) )?(\\S+)$`);
const PUBLISHED = new RegExp(`^(\\S+)(?: by (${TEXT}))?(?: approved by (${TEXT}))?$`);
const LOG = new RegExp(`^log (${TEXT}) (0|[1-9]\\d{0,15}) (\\S+)$`);

export function sinceOf(fields: Fields): BaselinePackage['since'] {
  const { value, refuse } = fields;
  const since = value('since');
  if (since === null) return refuse('has no since');
  if (since === 'never') return null;
  return (
    publishedOf(since, fields, 'since') ?? refuse('since is "never", or a version and a time or "unknown"', 'since')
  );
}

/** Reads `VERSION TIME` or `VERSION unknown`; null for another form. */
function publishedOf(text: string, verdict: Verdict, field: string): PublishedVersion | null {
  const [, version = '', time = ''] = /^([!-?A-~]+) (\S+)$/.exec(text) ?? [];
  if (version === '') return null;
  return { version: versionIn(version, verdict), published: momentOf(time, verdict, field) };
}

/** The version that a text of the file means. */
export function versionIn(text: string, { differs }: Pick<Verdict, 'differs'>): string {
  if (!text.includes('%')) return text;
  const version = versionOfText(text);
  if (formatVersion(version) !== text) differs();
  return version;
}

/** The identity, null where there is no line of it. `prefix` is that of its fields. */
export function identityOf({ value, refuse }: Fields, prefix: '' | 'expected-' = ''): LastingIdentity | null {
  const fields = prefix === '' ? IDENTITY_FIELDS : EXPECTED_FIELDS;
  const [first] = fields.find(([field]) => value(field) !== null) ?? [];
  if (first === undefined) return null;
  const text = (name: string): string | null => {
    const field = prefix + name;
    const written = value(field);
    return written === null ? null : textOf(written, refuse, field);
  };
  const runner = value(`${prefix}runner`);
  if (runner !== null && runner !== 'hosted' && runner !== 'self-hosted') {
    return refuse(`${prefix}runner is hosted or self-hosted`, `${prefix}runner`);
  }
  return {
    issuer: text('issuer') ?? refuse(`has ${first} and no ${prefix}issuer`, first),
    repository: text('repository'),
    repositoryId: text('repository-id'),
    ownerId: text('owner-id'),
    workflow: text('workflow'),
    signer: text('signer'),
    runner,
  };
}

/** Who built the channel of a version last, and whether the version has to name it, which version 1 could not. */
export interface OfChannel {
  readonly identity: LastingIdentity | null;
  readonly isNamed: boolean;
}

/** A version's entry; where it has no identity of its own, it was built by its channel's. */
export function versionOf(
  fields: Fields,
  artifactLines: readonly OneOfSeveral[],
  ofChannel: OfChannel,
): BaselineVersion {
  const { value, refuse } = fields;
  const required = (field: string): string => value(field) ?? refuse(`has no ${field}`);
  const [first, ...others] = artifactsOf(artifactLines);
  if (first === undefined) return refuse('has no artifact');
  const digests = verifiedOf(required('verified'), refuse);
  const provenance = provenanceOf(required('provenance'), identityOf(fields), ofChannel, fields);
  const despite = despiteOf(fields);
  if ('lost' in provenance && despite === null) refuse('has lost provenance and no despite', 'provenance');
  const capability = value('capability');
  return {
    artifacts: [first, ...others],
    ...digests,
    provenance,
    ...releaseOf(value('published'), fields),
    capabilities: capability === null ? null : wordsOf(capability, fields),
    ...(despite === null ? {} : { despite }),
  };
}

/** Each file once; one without a name is alone. */
function artifactsOf(lines: readonly OneOfSeveral[]): readonly BaselineArtifact[] {
  const files = new Set<string | null>();
  return lines.map((line) => {
    const artifact = artifactOf(line);
    if (files.has(artifact.file)) line.refuse('has the same artifact twice');
    if (lines.length > 1 && artifact.file === null) line.refuse('has several artifacts, so each needs its file name');
    files.add(artifact.file);
    return artifact;
  });
}

/** Reads `[FILE] HASH`. */
function artifactOf({ value, refuse }: OneOfSeveral): BaselineArtifact {
  const [, file, hash = ''] = ARTIFACT.exec(value) ?? [];
  const read = hashOf(hash, ARTIFACT_HASHES);
  if (read === null)
    return refuse('artifact reads HASH, or FILE HASH: sha256-, sha384- or sha512-BASE64, or h1:BASE64');
  return { file: file === undefined ? null : textOf(file, refuse), hash: read };
}

/** Reads `EVIDENCE [entry ENTRY]`. */
function verifiedOf(text: string, refuse: Refuse): Pick<BaselineVersion, 'evidence' | 'entry'> {
  const [, evidence = '', entry] = /^(\S+)(?: entry (\S+))?$/.exec(text) ?? [];
  const digestOf = (one: string): Digest => {
    const hash = hashOf(one, ['sha256']);
    return hash?.algorithm === 'sha256'
      ? { algorithm: 'sha256', hex: hash.hex }
      : refuse('verified reads EVIDENCE, or EVIDENCE entry ENTRY: both sha256-BASE64', 'verified');
  };
  return { evidence: digestOf(evidence), ...(entry === undefined ? {} : { entry: digestOf(entry) }) };
}

/** Reads `TIME [by PUBLISHER] [approved by APPROVER]`. */
function releaseOf(
  text: string | null,
  verdict: Verdict,
): Pick<BaselineVersion, 'publisher' | 'approver' | 'published'> {
  if (text === null) return { publisher: null, published: null };
  const { refuse, differs } = verdict;
  // A line that says nothing is not written.
  if (text === 'unknown') differs();
  const [, time, publisher, approver] = PUBLISHED.exec(text) ?? [];
  if (time === undefined) {
    return refuse('published reads TIME, by WHO and approved by WHO, the last two where they are known', 'published');
  }
  return {
    publisher: publisher === undefined ? null : textOf(publisher, refuse, 'published'),
    ...(approver === undefined ? {} : { approver: textOf(approver, refuse, 'published') }),
    published: momentOf(time, verdict, 'published'),
  };
}

/** Reads `log ORIGIN SIZE ROOT`. */
export function logHead(line: string, refuse: Refuse): LogHead {
  const [, origin, size, root = ''] = LOG.exec(line) ?? [];
  const hash = hashOf(`sha256-${root}`, ['sha256']);
  if (origin === undefined || hash === null || !Number.isSafeInteger(Number(size))) {
    return refuse('log reads ORIGIN SIZE ROOT: a text, a number of leaves, and the BASE64 of a SHA-256');
  }
  return { origin: textOf(origin, refuse), size: Number(size), root: hash.hex };
}

function despiteOf(fields: Fields): Despite | null {
  const { value, refuse, differs } = fields;
  const expected = identityOf(fields, 'expected-');
  const despite = value('despite');
  if (despite === null) return expected === null ? null : refuse('has an expected identity and no despite');
  const codes = despite.split(' ').map((word) => acceptableCode(word, refuse, 'despite'));
  if (codes.some((code, at) => at > 0 && code <= (codes[at - 1] ?? ''))) differs();
  return { codes, expected };
}

/** In the order of `CAPABILITIES`, each once. */
function wordsOf(text: string, { refuse, differs }: Verdict): readonly Capability[] {
  if (text === 'none') return [];
  const words = text.split(' ');
  const known = CAPABILITIES.filter((word) => words.includes(word));
  if (known.some((word, at) => word !== words[at])) differs();
  if (known.length === words.length) return known;
  return refuse(`capability is "none", or some of ${CAPABILITIES.join(', ')}`, 'capability');
}

function provenanceOf(
  text: string,
  own: LastingIdentity | null,
  { identity: ofChannel, isNamed }: OfChannel,
  verdict: Verdict,
): BaselineVersion['provenance'] {
  const { refuse, differs } = verdict;
  if (text === 'proven' && own !== null) {
    if (sameIdentity(own, ofChannel)) differs();
    return { identity: own };
  }
  const [, named] = /^proven(?: by (\S+))?$/.exec(text) ?? [];
  if (text === 'proven' || named !== undefined) {
    if (own !== null || ofChannel === null || (named === undefined && isNamed)) {
      return refuse('has proven provenance and no identity', 'provenance');
    }
    if (named !== undefined && named !== identityDigest(ofChannel)) return refuse(OTHER_BUILDER, 'provenance', MERGED);
    if (named !== undefined && !isNamed) differs();
    return { identity: ofChannel };
  }
  if (own !== null) return refuse('has an identity and no provenance', 'provenance');
  const [, earlier] = /^none (0|[1-9]\d{0,6})$/.exec(text) ?? [];
  if (earlier !== undefined) return { identity: null, earlier: Number(earlier) };
  const lost = text.startsWith('lost ') ? publishedOf(text.slice('lost '.length), verdict, 'provenance') : null;
  return lost === null ? refuse(`provenance is ${PROVENANCE_FORMS}`, 'provenance') : { identity: null, lost };
}

const OTHER_BUILDER = 'was built by somebody else than the lines of its channel say';
const MERGED = 'where a merge put them together, take one side whole and run assay update; else restore the file';

const PROVENANCE_FORMS =
  '"proven", or "none" and the number of earlier versions, or "lost" and the version that had it with its time or "unknown", or "proven by" and the digest of its channel';

/** Reads `CODE HASH until TIME by WHO because WHY`. */
export function acceptedFinding(subject: VersionRef, one: OneOfSeveral): AcceptedFinding {
  const { value, refuse } = one;
  const [, word = '', hash = '', until = '', by = '', why = ''] = ACCEPTED.exec(value) ?? [];
  if (word === '') return refuse('accepted reads CODE HASH until TIME by WHO because WHY');
  return {
    ...subject,
    bytes: hashOf(hash, [...ARTIFACT_HASHES, 'files']) ?? refuse(`accepted is of bytes: ${hash} is no hash of any`),
    code: acceptableCode(word, refuse),
    by: textOf(by, refuse),
    why: textOf(why, refuse),
    until: instantOf(until, one),
  };
}

function acceptableCode(word: string, refuse: Refuse, field?: string): FindingCode {
  const code = FINDING_CODES.find((known) => known === word);
  if (code === undefined) return refuse(`${word} is no finding (assay explain lists all)`, field);
  return isAcceptable(code) ? code : refuse(`${code} cannot be accepted`, field);
}

/** Hashes that an artifact may be locked by. */
const ARTIFACT_HASHES = ['sha256', 'sha384', 'sha512', 'h1'] as const;
const BASE64 = '[A-Za-z0-9+/]';
/** The bits that padding leaves over are zero. */
const BYTES_32 = `(${BASE64}{42}[AEIMQUYcgkosw048]=)`;
const HASHES = {
  sha256: new RegExp(`^sha256-${BYTES_32}$`),
  sha384: new RegExp(`^sha384-(${BASE64}{64})$`),
  sha512: new RegExp(`^sha512-(${BASE64}{85}[AQgw]==)$`),
  h1: new RegExp(`^h1:${BYTES_32}$`),
  files: new RegExp(`^files:${BYTES_32}$`),
};

/** A hash of one of these algorithms as assay writes it; null for anything else. */
function hashOf(text: string, algorithms: readonly (keyof typeof HASHES)[]): Hash | null {
  for (const algorithm of algorithms) {
    const base64 = HASHES[algorithm].exec(text)?.[1];
    if (base64 !== undefined) return { algorithm, hex: Buffer.from(base64, 'base64').toString('hex') };
  }
  return null;
}

/** A time, or `unknown`. */
function momentOf(text: string, verdict: Verdict, field: string): Instant | null {
  return text === 'unknown' ? null : instantOf(text, verdict, field);
}

export function instantOf(text: string, { refuse, differs }: Verdict, field?: string): Instant {
  const time =
    parseInstant(text) ??
    refuse(`needs a time such as 2026-03-31T00:21:58Z${field === undefined ? '' : ` in ${field}`}`, field);
  if (formatInstant(time) !== text) differs();
  return time;
}

function textOf(text: string, refuse: Refuse, field?: string): string {
  const value = text.startsWith('"') ? jsonString(text) : text;
  if (value !== null && formatText(value) === text) return value;
  return refuse(`needs one word, or a JSON string in ASCII${field === undefined ? '' : ` as ${field}`}`, field);
}

function jsonString(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? value : null;
  } catch {
    return null;
  }
}
