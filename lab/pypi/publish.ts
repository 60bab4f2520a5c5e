import { createHash } from 'node:crypto';
import type { Instant } from '../../src/model/time.ts';
import type { CiPublisher } from '../publishers.ts';
import type { LogVersion, Sigstore } from '../sigstore/index.ts';
import type { CertificateIdentity } from '../sigstore/fulcio.ts';
import { SLSA_V1, type Subject } from '../statements.ts';
import { attestationOf, type FileJson, type ProvenanceJson } from './documents.ts';

const GOOGLE = { 1: 'https://accounts.google.com', 8: 'https://accounts.google.com' };
const PUBLISH_V1 = 'https://docs.pypi.org/attestations/publish/v1';

/** Who publishes with attestations, and whom the index names as that. */
export interface TrustedPublisher {
  readonly identity: CertificateIdentity;
  readonly publisher: Readonly<Record<string, unknown>>;
  /** SLSA provenance of its builds; left out where it makes none. */
  readonly slsa?: unknown;
}

/** How one file is published. */
export interface FileSpec {
  readonly name: string;
  /** Default: text that no other file has. */
  readonly content?: Buffer;
  /** Who attests it; null for a token. Default is that of the release. */
  readonly by?: TrustedPublisher | null;
  /** Which attestations there are; default is the one of the publication. */
  readonly kinds?: readonly ('publish' | 'slsa')[];
  /** What they are about, where that is something else. */
  readonly subject?: Partial<Subject>;
  readonly log?: readonly LogVersion[];
  readonly at?: Instant;
}

/** A release, or more files of one. */
export interface ReleaseSpec {
  readonly name: string;
  readonly version: string;
  /** Default: a wheel for every machine, and a source distribution. */
  readonly files?: readonly FileSpec[];
  readonly by?: TrustedPublisher | null;
  readonly at?: Instant;
}

/** One published file. */
export interface PublishedFile {
  readonly project: string;
  readonly version: string;
  readonly bytes: Buffer;
  readonly json: FileJson;
  readonly provenance: ProvenanceJson | null;
}

/** A workflow of GitHub as a trusted publisher. */
export function githubPublisher({ identity, predicates }: CiPublisher): TrustedPublisher {
  const { 5: repository = '', 18: config = '' } = identity.claims;
  const workflow = /\/([^/@]+)@/.exec(config)?.[1] ?? '';
  const publisher = { kind: 'GitHub', repository, workflow, environment: null };
  return { identity, publisher, slsa: predicates[SLSA_V1] };
}

/** A pipeline of GitLab as a trusted publisher. */
export function gitlabPublisher({ identity }: CiPublisher): TrustedPublisher {
  const { 12: repository = '', 18: config = '' } = identity.claims;
  const [, path = ''] = /\/\/([^/]+)@/.exec(config.replace('https://', '')) ?? [];
  const publisher = {
    kind: 'GitLab',
    repository: repository.replace('https://gitlab.com/', ''),
    workflow_filepath: path,
    environment: null,
  };
  return { identity, publisher };
}

/** An account of Google as a trusted publisher, which has neither repository nor workflow. */
export function googlePublisher(email: string): TrustedPublisher {
  const identity = { subject: { kind: 'email', value: email }, claims: GOOGLE } as const;
  return { identity, publisher: { kind: 'Google', email } };
}

/** Where files of one release are published. */
export interface PublishingLab {
  readonly url: string;
  readonly sigstore: Sigstore;
  readonly now: Instant;
  /** Who has a certificate: the action that publishes to PyPI signs all files of a release with one. */
  readonly holders: Map<CertificateIdentity, ReturnType<Sigstore['certify']>>;
}

export function publishFile(
  { name, version, by: releaseBy = null, at: releaseAt }: ReleaseSpec,
  { name: filename, content, by = releaseBy, kinds = ['publish'], subject, log, at }: FileSpec,
  { url, sigstore, now, holders }: PublishingLab,
): PublishedFile {
  const bytes = content ?? Buffer.from(`${name} ${version} ${filename}\n`);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const uploaded = at ?? releaseAt ?? now;
  const attestations =
    by === null
      ? []
      : kinds.map((kind) => {
          const statement = {
            _type: 'https://in-toto.io/Statement/v1',
            subject: [{ name: filename, digest: { sha256 }, ...subject }],
            predicateType: kind === 'publish' ? PUBLISH_V1 : SLSA_V1,
            predicate: kind === 'publish' ? null : (by.slsa ?? {}),
          };
          const options = { at: uploaded, ...(log === undefined ? {} : { log }) };
          const earlier = at === undefined ? holders.get(by.identity) : undefined;
          const holder = earlier ?? sigstore.certify(by.identity, uploaded);
          if (at === undefined) holders.set(by.identity, holder);
          return attestationOf(sigstore.signStatement(statement, { holder }, options));
        });
  const hasAny = by !== null && attestations.length > 0;
  return {
    project: name,
    version,
    bytes,
    json: {
      filename,
      url: `${url}files/${sha256.slice(0, 16)}/${filename}`,
      hashes: { sha256 },
      'upload-time': new Date(uploaded).toISOString(),
      size: bytes.length,
      yanked: false,
      provenance: hasAny ? `${url}integrity/${name}/${version}/${filename}/provenance` : null,
    },
    provenance: hasAny ? { version: 1, attestation_bundles: [{ publisher: { ...by.publisher }, attestations }] } : null,
  };
}
