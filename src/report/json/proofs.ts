import { hashText } from '../../model/hash.ts';
import type { AttestationProof, BundleProof, Identity, Proofs, Signer, VerifiedTime } from '../../model/proof.ts';
import { formatInstant } from '../../model/time.ts';
import { instantJson, type Json, type JsonObject } from './stringify.ts';

/** What was established of one dependency, and null for what was not. */
export function proofsJson({ integrity, signature, publish, provenance, bytes, installed }: Proofs): Json {
  return {
    integrity: integrity === null ? null : integrity.digests.map(hashText).join(' '),
    integrityBy: integrity === null ? null : integrity.by,
    signature:
      signature === null
        ? null
        : {
            by: signature.by,
            keyId: signature.keyId,
            keyOrigin: signature.keyOrigin,
            integrity: hashText(signature.integrity),
            time: signature.time === null ? null : timeJson(signature.time),
          },
    publish: publish === null ? null : attestationJson(publish),
    provenance:
      provenance === null ? null : { identity: identityJson(provenance.identity), ...attestationJson(provenance) },
    bytes:
      bytes === null
        ? null
        : {
            integrity: bytes.digests.map(hashText).join(' '),
            size: bytes.size,
            from: bytes.from,
            basis: bytes.basis,
            ...(bytes.repository && { repository: { ...bytes.repository } }),
          },
    installed: installed === null ? null : { paths: installed.paths, files: installed.files },
  };
}

function attestationJson({ by, predicateType, bundle }: AttestationProof): JsonObject {
  return { by, predicateType, ...bundleProofJson(bundle) };
}

function signerJson(signer: Signer): Json {
  return signer.kind === 'key'
    ? { kind: 'key', keyId: signer.keyId }
    : { kind: 'certificate', fingerprint: signer.fingerprint, identity: identityJson(signer.identity) };
}

export function identityJson(identity: Identity): Json {
  return {
    issuer: identity.issuer,
    subject: identity.subject,
    repository: identity.repository,
    repositoryId: identity.repositoryId,
    owner: identity.owner,
    ownerId: identity.ownerId,
    workflow: identity.workflow,
    ref: identity.ref,
    commit: identity.commit,
    trigger: identity.trigger,
    runner: identity.runner,
    visibility: identity.visibility,
    run: identity.run,
    signer: identity.signer,
  };
}

/** What verifying a bundle established, without its predicate. */
export function bundleProofJson(proof: Omit<BundleProof, 'statement'>): JsonObject {
  return {
    mediaType: proof.mediaType,
    signer: signerJson(proof.signer),
    times: proof.times.map(timeJson),
    log: proof.log.map(({ logId, origin, logIndex, kind, version, integratedTime, promise, inclusion }) => ({
      logId,
      origin,
      logIndex,
      kind,
      version,
      integratedTime: instantJson(integratedTime),
      promise,
      inclusion,
    })),
    scts: proof.scts,
  };
}

function timeJson({ source, time }: VerifiedTime): Json {
  return { source, time: formatInstant(time) };
}
