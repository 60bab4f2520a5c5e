import type { FindingArgs } from './finding-args.ts';

export type * from './finding-args.ts';

export type FindingCode = keyof FindingArgs;

/**
 * What kind of fact a finding is; with the phase it decides the level.
 * - contradiction: two things that must be equal are not, or a signature does not hold;
 * - loss: something that was there, or that every registry package has, is not there;
 * - identity: somebody else, or somewhere else, built it;
 * - gap: it has no provenance, and the releases before it had none either, or seldom;
 * - anomaly: unusual, and innocent more often than not;
 * - advisory: somebody who looked has published that it is malicious;
 * - unavailable: no answer, so no statement;
 * - note: worth a line, never a decision.
 */
export type FindingKind =
  'contradiction' | 'advisory' | 'loss' | 'identity' | 'gap' | 'anomaly' | 'unavailable' | 'note';

/** The kind of every code. A check may weaken one finding (to `gap`, `anomaly` or `note`), never strengthen it. */
export const FINDING_KINDS: Readonly<Record<FindingCode, FindingKind>> = {
  'advisory-malicious': 'advisory',
  'integrity-mismatch': 'contradiction',
  'integrity-missing': 'loss',
  'integrity-unknown-file': 'contradiction',
  'integrity-weak': 'loss',
  'integrity-rewritten': 'contradiction',
  'baseline-forged': 'contradiction',
  'signature-invalid': 'contradiction',
  'signature-missing': 'loss',
  'signature-key-unknown': 'contradiction',
  'signature-key-expired': 'contradiction',
  'provenance-invalid': 'contradiction',
  'provenance-subject-mismatch': 'contradiction',
  'provenance-missing': 'gap',
  'provenance-lost': 'loss',
  'provenance-lost-elsewhere': 'gap',
  'provenance-partial': 'loss',
  'provenance-inconsistent': 'identity',
  'provenance-advertised-absent': 'loss',
  'publish-attestation-missing': 'loss',
  'identity-unexpected-repository': 'identity',
  'identity-unexpected-workflow': 'identity',
  'identity-unexpected-issuer': 'identity',
  'identity-unexpected-ref': 'identity',
  'identity-unexpected-trigger': 'identity',
  'identity-unexpected-runner': 'identity',
  'identity-owner-changed': 'identity',
  'identity-self-hosted-runner': 'identity',
  'identity-predicate-disagrees': 'contradiction',
  'identity-publisher-disagrees': 'contradiction',
  'history-publisher-changed': 'anomaly',
  'history-publisher-new': 'anomaly',
  'history-approval-lost': 'anomaly',
  'history-too-new': 'anomaly',
  'history-install-script-added': 'anomaly',
  'history-new-package-script': 'anomaly',
  'history-dependency-added': 'anomaly',
  'history-attestation-missing': 'anomaly',
  'history-mass-yank': 'anomaly',
  'history-exotic-dependency': 'anomaly',
  'history-file-added-late': 'anomaly',
  'history-dist-tag-moved-back': 'anomaly',
  'history-manifest-differs': 'contradiction',
  'lockfile-not-registry': 'loss',
  'lockfile-resolved-mismatch': 'contradiction',
  'lockfile-unexpected-host': 'anomaly',
  'lockfile-version-unknown': 'contradiction',
  'version-yanked': 'note',
  'version-removed': 'loss',
  'lockfile-patched': 'note',
  'lockfile-bundle-mismatch': 'contradiction',
  'lockfile-substituted': 'contradiction',
  'lockfile-entry-differs': 'contradiction',
  'lockfile-dependency-added': 'anomaly',
  'lockfile-hook-changed': 'anomaly',
  'lockfile-parts-differ': 'contradiction',
  'lockfile-unbound': 'contradiction',
  'lockfile-index-ambiguous': 'anomaly',
  'lockfile-not-used': 'contradiction',
  'lockfile-other-code': 'anomaly',
  'installed-modified': 'contradiction',
  'source-mismatch': 'contradiction',
  'installed-missing': 'anomaly',
  'installed-added': 'anomaly',
  'log-record-missing': 'loss',
  'log-proof-invalid': 'contradiction',
  'log-inconsistent': 'contradiction',
  'checks-disabled': 'loss',
  'clock-behind': 'unavailable',
  'evidence-unavailable': 'unavailable',
  'evidence-malformed': 'unavailable',
  'evidence-stripped': 'loss',
  'evidence-not-served': 'unavailable',
};

export const FINDING_CODES = Object.keys(FINDING_KINDS).sort() as readonly FindingCode[];

/** One fact worth a person's attention: data only, no prose. */
export type Finding = {
  [C in FindingCode]: { readonly code: C; readonly args: Readonly<FindingArgs[C]>; readonly kind: FindingKind };
}[FindingCode];

/** Builds a finding; `kind` may only weaken it. */
export function finding<C extends FindingCode>(
  code: C,
  args: FindingArgs[C],
  kind?: 'gap' | 'anomaly' | 'note',
): Finding {
  return { code, args, kind: kind ?? FINDING_KINDS[code] } as Finding;
}

/** Whether it says that nothing has compared the copies which a build takes. */
export function isOfVendored({ code, args }: Finding): boolean {
  return code === 'lockfile-other-code' && args.code === 'vendored';
}
