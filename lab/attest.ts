import type { Instant } from '../src/model/time.ts';
import type { AttestationsJson, ManifestJson } from './documents.ts';
import type { CiPublisher, Publisher } from './publishers.ts';
import type { KeyChoice, RegistryKeys } from './registry-keys.ts';
import type { BundleJson, BundleVersion, EntryKind, SignAs } from './sigstore/bundle.ts';
import type { CertificateIdentity } from './sigstore/fulcio.ts';
import type { LogVersion, SignOptions, Sigstore } from './sigstore/index.ts';
import type { Json } from './sigstore/json.ts';
import * as statements from './statements.ts';
import type { StatementJson, Subject } from './statements.ts';

/** How one attestation deviates from what npm makes. */
interface AttestationOptions extends Pick<SignOptions, 'at' | 'version' | 'log' | 'entryKind' | 'timestamps'> {
  /** Members of the subject to replace: another name, another digest. */
  readonly subject?: Partial<Subject>;
  readonly predicate?: (predicate: Json) => Json;
  readonly statement?: (statement: StatementJson) => Json;
  readonly payloadType?: string;
  /** What the unsigned wrapper in the attestation document says. */
  readonly wrapperPredicateType?: string;
  /** Alters the finished bundle. */
  readonly bundle?: (bundle: BundleJson) => BundleJson;
}

interface ProvenanceOptions extends AttestationOptions, Pick<SignOptions, 'certificate'> {
  readonly predicateType?: typeof statements.SLSA_V1 | typeof statements.SLSA_V02;
  /** Whom the certificate names, if not the publisher. */
  readonly identity?: CertificateIdentity;
  /** `foreign-ca`: a certificate of another authority, logged here. `foreign-instance`: another Sigstore altogether. */
  readonly signer?: 'lab' | 'foreign-ca' | 'foreign-instance';
}

interface PublishAttestationOptions extends AttestationOptions {
  readonly key?: KeyChoice;
}

/** How a publication is attested. */
export interface AttestSpec {
  /** Default: a CI workflow signs provenance, a token does not. */
  readonly provenance?: ProvenanceOptions | boolean;
  /** Default: the registry attests exactly what has provenance. */
  readonly publishAttestation?: PublishAttestationOptions | boolean;
  /** For both attestations; default is npm's: 0.2 for publish, 0.3 for provenance. */
  readonly bundleVersion?: BundleVersion;
  readonly log?: LogVersion | readonly LogVersion[];
  readonly entryKind?: EntryKind;
}

/** What is attested: the publication's facts. */
export interface Publication {
  readonly name: string;
  readonly version: string;
  readonly by: Publisher;
  readonly at: Instant;
  /** Hex. */
  readonly sha512: string;
}

/** Who attests. */
export interface Attestors {
  /** Base address of the registry with a trailing slash. */
  readonly url: string;
  readonly keys: RegistryKeys;
  readonly sigstore: Sigstore;
  /** Another instance, for attestations that must not verify. */
  readonly foreign: () => Sigstore;
}

type Attestation = AttestationsJson['attestations'][number];

/** What the registry then has of a version: the document, and the unsigned claim in its manifest. */
export interface Attested {
  readonly document: AttestationsJson;
  readonly claim: NonNullable<ManifestJson['dist']['attestations']>;
}

/**
 * Attests build and publication as asked; null where neither is. Throws where somebody without a workflow asks for
 * provenance.
 */
export function attestVersion(spec: AttestSpec, publication: Publication, attestors: Attestors): Attested | null {
  const { by } = publication;
  const provenance = optionsOf(spec.provenance ?? by.kind === 'ci');
  const publishing = optionsOf(spec.publishAttestation ?? provenance !== null);
  if (provenance !== null && by.kind !== 'ci') throw new Error('only a CI workflow can sign provenance');
  // The build is logged before the publication; the registry lists them the other way round.
  const build =
    provenance === null || by.kind !== 'ci' ? null : attestBuild(spec, publication, by, provenance, attestors);
  const published = publishing === null ? null : attestPublication(spec, publication, publishing, attestors);
  const attestations = [published, build].filter((attestation) => attestation !== null);
  if (attestations.length === 0) return null;
  const { name, version } = publication;
  const url = `${attestors.url}-/npm/v1/attestations/${name.replace('/', '%2f')}@${version}`;
  const predicateType = provenance === null || by.kind !== 'ci' ? null : predicateTypeOf(by, provenance);
  return {
    document: { attestations },
    claim: predicateType === null ? { url } : { url, provenance: { predicateType } },
  };
}

function optionsOf<T extends object>(asked: T | boolean): T | Record<string, never> | null {
  if (asked === false) return null;
  return asked === true ? {} : asked;
}

function predicateTypeOf(by: CiPublisher, options: ProvenanceOptions): string {
  return options.predicateType ?? Object.keys(by.predicates)[0] ?? statements.SLSA_V1;
}

function subjectOf({ name, version, sha512 }: Publication): Subject {
  return { name: statements.packageUrl(name, version), digest: { sha512 } };
}

function attestPublication(
  spec: AttestSpec,
  publication: Publication,
  options: PublishAttestationOptions,
  { url, keys, sigstore }: Attestors,
): Attestation {
  const { name, version, at } = publication;
  const key = keys.choose(options.key ?? 'current', at);
  const statement = {
    _type: 'https://in-toto.io/Statement/v0.1',
    subject: [subjectOf(publication)],
    predicateType: statements.PUBLISH,
    predicate: statements.publishPredicate(name, version, url.replace(/\/$/, '')),
  };
  const defaults = { ...signOptions(spec, '0.2'), at };
  return attest(sigstore, statement, { key: key.signing, hint: key.id }, defaults, options);
}

function attestBuild(
  spec: AttestSpec,
  publication: Publication,
  by: CiPublisher,
  options: ProvenanceOptions,
  { sigstore, foreign }: Attestors,
): Attestation {
  const predicateType = predicateTypeOf(by, options);
  const statement = {
    _type: `https://in-toto.io/Statement/${predicateType === statements.SLSA_V02 ? 'v0.1' : 'v1'}`,
    subject: [subjectOf(publication)],
    predicateType,
    predicate: by.predicates[predicateType] ?? {},
  };
  const defaults: SignOptions = {
    ...signOptions(spec, '0.3'),
    at: publication.at,
    ...(options.certificate === undefined ? {} : { certificate: options.certificate }),
    ...(options.signer === 'foreign-ca' ? { fulcio: foreign().fulcio } : {}),
  };
  const instance = options.signer === 'foreign-instance' ? foreign() : sigstore;
  return attest(instance, statement, { identity: options.identity ?? by.identity }, defaults, options);
}

function signOptions(spec: AttestSpec, version: BundleVersion): SignOptions {
  return {
    version: spec.bundleVersion ?? version,
    ...(spec.log === undefined ? {} : { log: spec.log }),
    ...(spec.entryKind === undefined ? {} : { entryKind: spec.entryKind }),
  };
}

function attest(
  sigstore: Sigstore,
  npmStatement: StatementJson,
  as: SignAs,
  defaults: SignOptions,
  options: AttestationOptions,
): Attestation {
  const { subject, predicate, statement: alter, bundle: finish, wrapperPredicateType, ...overrides } = options;
  const statement: StatementJson = {
    ...npmStatement,
    subject: npmStatement.subject.map((original) => ({ ...original, ...subject })),
    predicate: predicate === undefined ? npmStatement.predicate : predicate(npmStatement.predicate),
  };
  const bundle = sigstore.signStatement(alter === undefined ? { ...statement } : alter(statement), as, {
    ...defaults,
    ...overrides,
  });
  return {
    predicateType: wrapperPredicateType ?? statement.predicateType,
    bundle: finish === undefined ? bundle : finish(bundle),
  };
}
