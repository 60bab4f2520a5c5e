import { hash } from 'node:crypto';
import type { Dependency, Digest } from '../model/dependency.ts';

/** SHA-256 in hex of a JSON value in canonical form (RFC 8785). The value comes from a parser that bounds its depth. */
export function jsonDigest(value: unknown): string {
  return sha256(canonical(value));
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const record = value as Readonly<Record<string, unknown>>;
  const members = Object.keys(record)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(record[key])}`);
  return `{${members.join(',')}}`;
}

function sha256(text: string): string {
  return hash('sha256', text, 'hex');
}

/**
 * SHA-256 of what the entry says beside name, version, bytes and source: an entry that says something else is not the
 * one that was verified.
 */
export function entryDigest(entry: Dependency): Digest {
  const { claims = [], substitutes = [], bundles, findings = [], attestationIdentities } = entry;
  // Left out where there are none, as most formats have none: then it is the digest that earlier versions wrote.
  const identities = attestationIdentities === undefined ? {} : { attestationIdentities };
  return { algorithm: 'sha256', hex: jsonDigest({ bundles, claims, findings, substitutes, ...identities }) };
}
