import {
  isAcceptable,
  type AcceptedFinding,
  type BaselinePackage,
  type BaselineVersion,
  type LastingIdentity,
} from '../model/baseline.ts';
import { CAPABILITIES, type Capability } from '../model/capability.ts';
import type { Digest } from '../model/dependency.ts';
import { FINDING_CODES } from '../model/finding.ts';
import { parseInstant, type Instant } from '../model/time.ts';
import { formatText, IDENTITY_FIELDS } from './baseline-text.ts';

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
  const [, version = '', time = ''] = /^(\S+) (\S+)$/.exec(since) ?? [];
  if (version === '') return refuse('since is "never", or a version and a time or "unknown"', 'since');
  return { version, published: time === 'unknown' ? null : instantOf(time, refuse, 'since') };
}

/** The identity, null where there is no line of it. */
export function identityOf({ value, refuse }: Fields): LastingIdentity | null {
  const [first] = IDENTITY_FIELDS.map(([field]) => field).filter((field) => value(field) !== null);
  if (first === undefined) return null;
  const text = (field: string): string | null => {
    const written = value(field);
    return written === null ? null : textOf(written, refuse, field);
  };
  const runner = value('runner');
  if (runner !== null && runner !== 'hosted' && runner !== 'self-hosted') {
    return refuse('runner is hosted or self-hosted', 'runner');
  }
  return {
    issuer: text('issuer') ?? refuse(`has ${first} and no issuer`, first),
    repository: text('repository'),
    repositoryId: text('repository-id'),
    ownerId: text('owner-id'),
    workflow: text('workflow'),
    signer: text('signer'),
    runner,
  };
}

/** A version's entry; where it names no identity, it was built by the package's. */
export function versionOf(fields: Fields, ofPackage: LastingIdentity | null): BaselineVersion {
  const { value, refuse } = fields;
  const required = (field: string): string => value(field) ?? refuse(`has no ${field}`);
  const publisher = value('publisher');
  const published = value('published');
  const capability = value('capability');
  return {
    integrity: digestOf(required('integrity'), 'sha512', refuse, 'integrity'),
    evidence: digestOf(required('evidence'), 'sha256', refuse, 'evidence'),
    provenance: provenanceOf(required('provenance'), identityOf(fields), ofPackage, refuse),
    publisher: publisher === null ? null : textOf(publisher, refuse, 'publisher'),
    published: published === null ? null : instantOf(published, refuse, 'published'),
    capabilities: capability === null ? null : wordsOf(capability, refuse),
  };
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
  ofPackage: LastingIdentity | null,
  refuse: Refuse,
): BaselineVersion['provenance'] {
  if (text === 'proven') {
    return { identity: own ?? ofPackage ?? refuse('has proven provenance and no identity', 'provenance') };
  }
  const [, earlier] = /^none (0|[1-9]\d{0,6})$/.exec(text) ?? [];
  if (earlier === undefined) {
    return refuse('provenance is "proven", or "none" and the number of earlier versions', 'provenance');
  }
  if (own !== null) return refuse('has an identity and no provenance', 'provenance');
  return { identity: null, earlier: Number(earlier) };
}

/** Reads `CODE INTEGRITY until TIME by WHO because WHY`. */
export function acceptedFinding(name: string, version: string, value: string, refuse: Refuse): AcceptedFinding {
  const [, word = '', integrity = '', until = '', by = '', why = ''] =
    /^(\S+) (\S+) until (\S+) by ("(?:[^"\\]|\\.)*"|\S+) because (.+)$/.exec(value) ?? [];
  if (word === '') return refuse('accepted reads CODE INTEGRITY until TIME by WHO because WHY');
  const code = FINDING_CODES.find((known) => known === word);
  if (code === undefined) return refuse(`${word} is no finding (assay explain lists all)`);
  if (!isAcceptable(code)) return refuse(`${code} cannot be accepted`);
  return {
    name,
    version,
    integrity: digestOf(integrity, 'sha512', refuse),
    code,
    by: textOf(by, refuse),
    why: textOf(why, refuse),
    until: instantOf(until, refuse),
  };
}

function digestOf(text: string, algorithm: 'sha512' | 'sha256', refuse: Refuse, field?: string): Digest {
  const base64 = text.startsWith(`${algorithm}-`) ? text.slice(algorithm.length + 1) : '';
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length !== { sha512: 64, sha256: 32 }[algorithm] || bytes.toString('base64') !== base64) {
    return refuse(`needs a hash of the form ${algorithm}-BASE64${field === undefined ? '' : ` as ${field}`}`, field);
  }
  return { algorithm, hex: bytes.toString('hex') };
}

function instantOf(text: string, refuse: Refuse, field?: string): Instant {
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
