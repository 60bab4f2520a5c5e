import type { AttestationClaim, AttestationEntry, Manifest, RegistrySignature } from '../../model/evidence.ts';
import type { Publisher } from '../../model/history.ts';
import * as bounds from '../../model/limits.ts';
import { parseDeclaration } from './declaration.ts';
import { isObject } from '../../model/value.ts';
import { isWithinDepth, textOf, type Parsed } from '../../readers/untrusted-json.ts';

/** Whether a registry could have a version of this name: nothing that could leave its place in a URL. */
export function isVersion(text: string): boolean {
  return text.length <= bounds.MAX_VERSION_LENGTH && /^\d[0-9A-Za-z.+-]*$/.test(text);
}

/** Reads one version's manifest, of a packument or by itself. It must be about exactly this name and version. */
export function parseManifest(json: unknown, name: string, version: string): Parsed<Manifest> {
  if (!isObject(json)) return { malformed: 'the manifest is not an object' };
  if (json['name'] !== name) return { malformed: 'the manifest is about another package' };
  if (json['version'] !== version) return { malformed: 'the manifest is about another version' };
  const dist = json['dist'];
  if (!isObject(dist)) return { malformed: 'dist is not an object' };

  const integrity = optionalText(dist['integrity'], bounds.MAX_TOKEN_LENGTH);
  if (integrity === undefined) return { malformed: 'dist.integrity is not text' };
  const shasum = optionalText(dist['shasum'], 40);
  if (shasum === undefined || (shasum !== null && !/^[0-9a-f]{40}$/i.test(shasum))) {
    return { malformed: 'dist.shasum is not a SHA-1' };
  }
  const tarball = optionalText(dist['tarball'], bounds.MAX_URL_LENGTH);
  if (tarball === undefined) return { malformed: 'dist.tarball is not text' };
  const signatures = parseSignatures(dist['signatures']);
  if (signatures === null) return { malformed: 'dist.signatures is not a list of signatures' };
  const attestations = parseClaim(dist['attestations']);
  if (attestations === undefined) return { malformed: 'dist.attestations is not a claim' };

  const deprecated = json['deprecated'];
  return {
    value: {
      name,
      version,
      integrity,
      shasum,
      tarball,
      signatures,
      attestations,
      publisher: parsePublisher(json['_npmUser']),
      repository: parseRepository(json['repository']),
      ...parseDeclaration(json, name),
      deprecated: deprecated === true || (typeof deprecated === 'string' && deprecated !== ''),
    },
  };
}

/** Reads `{ attestations: [{ predicateType, bundle }] }`. Bundles stay unparsed but are bounded in depth. */
export function parseAttestations(json: unknown): Parsed<readonly AttestationEntry[]> {
  const list = isObject(json) ? json['attestations'] : null;
  if (!Array.isArray(list)) return { malformed: 'no list of attestations' };
  if (list.length > bounds.MAX_ATTESTATIONS) return { malformed: `more than ${bounds.MAX_ATTESTATIONS} attestations` };
  const entries: AttestationEntry[] = [];
  for (const item of list as unknown[]) {
    if (!isObject(item)) return { malformed: 'an attestation is not an object' };
    const predicateType = textOf(item['predicateType'], bounds.MAX_TOKEN_LENGTH);
    const bundle = item['bundle'];
    if (predicateType === null) return { malformed: 'predicateType is not text' };
    if (!isObject(bundle)) return { malformed: 'bundle is not an object' };
    if (!isWithinDepth(bundle, bounds.MAX_BUNDLE_DEPTH)) return { malformed: 'bundle nests too deep' };
    entries.push({ predicateType, bundle });
  }
  return { value: entries };
}

/** Null where there is none, undefined where it is not text of a fitting length. */
function optionalText(value: unknown, max: number): string | null | undefined {
  return value === undefined || value === null ? null : (textOf(value, max) ?? undefined);
}

/** Null where the list is not one of signatures. */
function parseSignatures(value: unknown): readonly RegistrySignature[] | null {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || value.length > bounds.MAX_SIGNATURES) return null;
  const signatures: RegistrySignature[] = [];
  for (const item of value as unknown[]) {
    const keyId = isObject(item) ? textOf(item['keyid'], bounds.MAX_TOKEN_LENGTH) : null;
    const signature = isObject(item) ? textOf(item['sig'], bounds.MAX_TOKEN_LENGTH) : null;
    if (keyId === null || signature === null) return null;
    signatures.push({ keyId, signature });
  }
  return signatures;
}

/** Undefined where there is something that is not a claim: a claim must not be lost by being misspelt. */
function parseClaim(value: unknown): AttestationClaim | null | undefined {
  if (value === undefined || value === null) return null;
  if (!isObject(value)) return undefined;
  const url = optionalText(value['url'], bounds.MAX_URL_LENGTH);
  const provenance = value['provenance'] ?? null;
  if (url === undefined || (provenance !== null && !isObject(provenance))) return undefined;
  return { url, provenance: provenance !== null };
}

function parsePublisher(value: unknown): Publisher | null {
  if (!isObject(value)) return null;
  const name = textOf(value['name'], bounds.MAX_TOKEN_LENGTH);
  if (name === null) return null;
  const publisher = value['trustedPublisher'];
  const approvedBy = value['approver'];
  const approver = textOf(isObject(approvedBy) ? approvedBy['name'] : approvedBy, bounds.MAX_TOKEN_LENGTH);
  return {
    name,
    trustedPublisher: isObject(publisher) ? textOf(publisher['id'], bounds.MAX_TOKEN_LENGTH) : null,
    ...(approver === null ? {} : { approver }),
  };
}

/** Old documents have text or a list where today there is an object. */
function parseRepository(value: unknown): string | null {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return textOf(isObject(first) ? first['url'] : first, bounds.MAX_URL_LENGTH);
}
