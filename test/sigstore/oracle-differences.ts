/**
 * Where this verifier and @sigstore/verify 3 do not agree on a recorded bundle, and why the specification is on this
 * side. A bundle that is not listed must get the same answer from both, under every root that is tried.
 */
export interface Difference {
  /** End of the file's path, and its bundle's position in the file where it has several. */
  readonly file: string;
  readonly index?: number;
  readonly root: 'production' | 'staging' | 'github' | 'github-staging';
  /** Our answer: "ok" or the reason. The reference gives the opposite. */
  readonly ours: string;
  readonly why: string;
}

export const DIFFERENCES: readonly Difference[] = [
  {
    file: 'npm/doctored/pacote__no-keyid-attestations.json',
    index: 1,
    root: 'production',
    ours: 'envelope',
    why: 'stricter: with a key identifier, hint and envelope key id must be exactly the same (sigstore_bundle.proto, Bundle.verification_material)',
  },
  {
    file: 'contextlock/tests__fixtures__sigstore__ci-real-pkg__contextlock.sigstore.json',
    root: 'production',
    ours: 'payload-type',
    why: 'stricter: verifiers must verify that the payload type is supported and expected (sigstore_bundle.proto, Bundle.dsse_envelope); only in-toto statements are read here',
  },
  {
    file: 'npm/bundles/sigstore@1.3.0__sigstore-go__bundle-github-staging-sigstorejs1.3.0.json.a5b365ab',
    root: 'github-staging',
    ours: 'ok',
    why: 'the trust anchor may be an intermediate authority (sigstore_trustroot.proto, CertificateAuthority.cert_chain); the reference needs a self-signed one',
  },
  {
    file: 'sigstore-java__src__test__resources__dev__sigstore__samples__bundles__bundle.dsse.rekor-v2.sigstore',
    root: 'production',
    ours: 'ok',
    why: 'Rekor v2 records an envelope as the digest of its pre-authentication encoding (rekor-v2-spec section 6.1.4); the reference compares the payload',
  },
  {
    file: 'sigstore-rust/crates__sigstore-verify__test_data__bundles__conda-attestation-rekor2.sigstore.json',
    root: 'staging',
    ours: 'ok',
    why: 'Rekor v2 records an envelope as the digest of its pre-authentication encoding (rekor-v2-spec section 6.1.4)',
  },
  {
    file: 'python-client/a.dsse.staging-rekor-v2.txt.sigstore.json',
    root: 'staging',
    ours: 'ok',
    why: 'Rekor v2 records an envelope as the digest of its pre-authentication encoding (rekor-v2-spec section 6.1.4)',
  },
];
