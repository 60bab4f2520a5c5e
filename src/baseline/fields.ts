import {
  isAcceptable,
  type AcceptedFinding,
  type BaselinePackage,
  type BaselineVersion,
  type Despite,
  type LastingIdentity,
  type PublishedVersion,
} from '../model/baseline.ts';
import { CAPABILITIES, type Capability } from '../model/capability.ts';
import type { Digest } from '../model/dependency.ts';
import { FINDING_CODES, type FindingCode } from '../model/finding.ts';
import { parseInstant, type Instant } from '../model/time.ts';
import { EXPECTED_FIELDS, formatText, IDENTITY_FIELDS } from './text.ts';

type Refuse = (problem: string, field?: string) => never;

/** The fields of one subject of the file. `refuse` never returns. */
export interface Fields {
  readonly value: (field: string) => string | null;
  readonly refuse: Refuse;
}

export function sinceOf({ value, refuse }: Fields): BaselinePackage['since'] {
  const since = value('since');
  if (since === null) return refuse('has no since');
  if (since === 'never') return null;
  return (
    publishedOf(since, refuse, 'since') ?? refuse('since is "never", or a version and a time or "unknown"', 'since')
  );
}

/** Reads `VERSION TIME` or `VERSION unknown`; null for another form. */
function publishedOf(text: string, refuse: Refuse, field: string): PublishedVersion | null {
  const [, version = '', time = ''] = /^(\S+) (\S+)$/.exec(text) ?? [];
  if (version === '') return null;
  return { version, published: time === 'unknown' ? null : instantOf(time, refuse, field) };
}

/** The identity, null where there is no line of it. `prefix` is that of its fields. */
export function identityOf({ value, refuse }: Fields, prefix: '' | 'expected-' = ''): LastingIdentity | null {
  const fields = prefix === '' ? IDENTITY_FIELDS : EXPECTED_FIELDS;
  const [first] = fields.map(([field]) => field).filter((field) => value(field) !== null);
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

/** A version's entry; where it names no identity, it was built by its channel's. */
export function versionOf(fields: Fields, ofChannel: LastingIdentity | null): BaselineVersion {
  const { value, refuse } = fields;
  const required = (field: string): string => value(field) ?? refuse(`has no ${field}`);
  const publisher = value('publisher');
  const approver = value('approver');
  const published = value('published');
  const provenance = provenanceOf(required('provenance'), identityOf(fields), ofChannel, refuse);
  const despite = despiteOf(fields);
  if ('lost' in provenance && despite === null) refuse('has lost provenance and no despite', 'provenance');
  const capability = value('capability');
  const entry = value('entry');
  return {
    integrity: digestOf(required('integrity'), 'sha512', refuse, 'integrity'),
    evidence: digestOf(required('evidence'), 'sha256', refuse, 'evidence'),
    ...(entry === null ? {} : { entry: digestOf(entry, 'sha256', refuse, 'entry') }),
    provenance,
    publisher: publisher === null ? null : textOf(publisher, refuse, 'publisher'),
    ...(approver === null ? {} : { approver: textOf(approver, refuse, 'approver') }),
    published: published === null ? null : instantOf(published, refuse, 'published'),
    capabilities: capability === null ? null : wordsOf(capability, refuse),
    ...(despite === null ? {} : { despite }),
  };
}

function despiteOf(fields: Fields): Despite | null {
  const { value, refuse } = fields;
  const expected = identityOf(fields, 'expected-');
  const despite = value('despite');
  if (despite === null) return expected === null ? null : refuse('has an expected identity and no despite');
  return { codes: despite.split(' ').map((word) => acceptableCode(word, refuse, 'despite')), expected };
}

/** In the order of `CAPABILITIES`, each once: another order is another spelling, which the file's reader refuses. */
function wordsOf(text: string, refuse: Refuse): readonly Capability[] {
  const words = text === 'none' ? [] : text.split(' ');
  const known = CAPABILITIES.filter((word) => words.includes(word));
  if (known.length === words.length) return known;
  return refuse(`capability is "none", or some of ${CAPABILITIES.join(', ')}`, 'capability');
}

function provenanceOf(
  text: string,
  own: LastingIdentity | null,
  ofChannel: LastingIdentity | null,
  refuse: Refuse,
): BaselineVersion['provenance'] {
  if (text === 'proven') {
    return { identity: own ?? ofChannel ?? refuse('has proven provenance and no identity', 'provenance') };
  }
  if (own !== null) return refuse('has an identity and no provenance', 'provenance');
  const [, earlier] = /^none (0|[1-9]\d{0,6})$/.exec(text) ?? [];
  if (earlier !== undefined) return { identity: null, earlier: Number(earlier) };
  const lost = text.startsWith('lost ') ? publishedOf(text.slice('lost '.length), refuse, 'provenance') : null;
  return lost === null ? refuse(`provenance is ${PROVENANCE_FORMS}`, 'provenance') : { identity: null, lost };
}

const PROVENANCE_FORMS =
  '"proven", or "none" and the number of earlier versions, or "lost" and the version that had it with its time or "unknown"';

/** Reads `CODE INTEGRITY until TIME by WHO because WHY`. */
export function acceptedFinding(name: string, version: string, value: string, refuse: Refuse): AcceptedFinding {
  const [, word = '', integrity = '', until = '', by = '', why = ''] =
    /^(\S+) (\S+) until (\S+) by ("(?:[^"\\]|\\.)*"|\S+) because (.+)$/.exec(value) ?? [];
  if (word === '') return refuse('accepted reads CODE INTEGRITY until TIME by WHO because WHY');
  return {
    name,
    version,
    integrity: digestOf(integrity, 'sha512', refuse),
    code: acceptableCode(word, refuse),
    by: textOf(by, refuse),
    why: textOf(why, refuse),
    until: instantOf(until, refuse),
  };
}

function acceptableCode(word: string, refuse: Refuse, field?: string): FindingCode {
  const code = FINDING_CODES.find((known) => known === word);
  if (code === undefined) return refuse(`${word} is no finding (assay explain lists all)`, field);
  return isAcceptable(code) ? code : refuse(`${code} cannot be accepted`, field);
}

function digestOf(text: string, algorithm: 'sha512' | 'sha256', refuse: Refuse, field?: string): Digest {
  const base64 = text.startsWith(`${algorithm}-`) ? text.slice(algorithm.length + 1) : '';
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length !== { sha512: 64, sha256: 32 }[algorithm] || bytes.toString('base64') !== base64) {
    return refuse(`needs a hash of the form ${algorithm}-BASE64${field === undefined ? '' : ` as ${field}`}`, field);
  }
  return { algorithm, hex: bytes.toString('hex') };
}

export function instantOf(text: string, refuse: Refuse, field?: string): Instant {
  return (
    parseInstant(text) ??
    refuse(`needs a time such as 2026-03-31T00:21:58Z${field === undefined ? '' : ` in ${field}`}`, field)
  );
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
