import type { EvidenceName, FindingCode, IdentityArgs } from '../../model/finding.ts';
import { formatInstant } from '../../model/time.ts';
import { isPublicRegistry } from '../../ecosystems/conventions/index.ts';
import { ADVISORY_TEXTS } from './advisory-texts.ts';
import { BYTES_TEXTS } from './bytes-texts.ts';
import { hash } from './hash.ts';
import { escapeText, quoteText } from './escape.ts';
import { HISTORY_TEXTS } from './history-texts.ts';
import { listed } from './layout.ts';
import { FILE_ATTESTATION_TEXTS, INDEX_TEXTS } from './index-texts.ts';
import { LOCKFILE_TEXTS } from './lockfile-texts.ts';
import { LOG_TEXTS } from './log-texts.ts';
import { REFUSALS } from './refusals.ts';
import { address, dated, version, type Texts } from './text.ts';

/** What is said of an answer that did not come because the host was not reached. */
const UNREACHED =
  /^(?:redirected to |connection (?:refused|timed out)|(?:host|network) unreachable|host name |the host did not answer)/;

/** What is said of an answer that a pack of evidence does not have, however often it is asked (pack/answers.ts). */
const NOT_PACKED =
  /^(?:not in the evidence of |no answer when the evidence was gathered )| (?:is not what its index says|has not all that it names|cannot be read any more)$/;

/** The words of every code. A code without words does not compile. */
export const TEXTS: Texts<FindingCode> = {
  ...ADVISORY_TEXTS,
  'integrity-mismatch': {
    title: 'the locked hash contradicts other evidence',
    clause: ({ locked, actual, source, basis, file, cache }, archive) => {
      if (basis === 'registry')
        return `is ${hash(locked)} at the registry, but its ${archive}'s bytes are ${hash(actual)}`;
      switch (source) {
        case 'registry': {
          const what = file === undefined ? 'is' : `has its ${escapeText(file, 120)}`;
          return `${what} locked as ${hash(locked)}, but the registry serves ${hash(actual)}`;
        }
        case 'attestation':
          return `is locked as ${hash(locked)}, but its attestation names ${hash(actual)}`;
        case 'bytes':
          return file === undefined
            ? `is locked as ${hash(locked)}, but the ${archive}'s bytes are ${hash(actual)}`
            : `has its ${escapeText(file, 40)} locked as ${hash(locked)}, but ${cache === undefined ? 'what is served' : escapeText(cache, 160)} is ${hash(actual)}`;
        case 'lockfile':
          return `is locked by several SHA-512 hashes, one of them ${hash(actual)}`;
        case 'log':
          return `${file === undefined ? 'is' : `has its ${escapeText(file, 40)}`} locked as ${hash(locked)}, but the log has ${hash(actual)}`;
      }
    },
    why: 'only one of them can be what was published, and an installer may take the other',
    next: 'refuse',
  },
  'integrity-missing': {
    title: 'no hash in the lockfile',
    clause: ({ resolved, due, discarded }) => {
      if (discarded !== undefined) {
        return `has no hash that counts: for the line ${quoteText(discarded, 120)} under [metadata], cargo discards all of them`;
      }
      const without = due === true ? ', where the package manager always writes one' : '';
      return `has no hash in the lockfile${resolved === null ? '' : ` (${address(resolved)})`}${without}`;
    },
    why: 'nothing ties what will be installed to what was verified',
    next: 'explain',
  },
  'integrity-weak': {
    title: 'no evidence is about a hash of this kind',
    clause: ({ algorithm }) => `is locked by ${escapeText(algorithm, 20)} only`,
    why: 'nothing ties it to what was published, and two archives with the same SHA-1 or MD5 can be made',
    next: 'explain',
  },
  'integrity-rewritten': {
    title: 'the locked hash is not the one accepted before',
    clause: ({ baseline, locked, source }) => {
      const [is, was] = differing(locked, baseline);
      return `is ${source === 'registry' ? 'served' : 'locked'} as ${hash(is)}, but was accepted as ${hash(was)}`;
    },
    why: 'the hash of a published version never changes, so one of them was rewritten',
    next: 'stop',
  },

  'signature-invalid': {
    title: 'the registry signature does not hold',
    clause: ({ keyId }) => `has a registry signature by key ${key(keyId)} that does not hold for the locked hash`,
    why: 'that key never signed these bytes under this name and version',
    next: 'stop',
  },
  'signature-missing': {
    title: 'no registry signature',
    clause: ({ registry }) => `has no signature from ${address(registry)}`,
    why: 'nothing shows that the registry itself published this hash',
    next: 'check',
  },
  'signature-key-unknown': {
    title: 'signed only by unknown keys',
    clause: ({ keyIds, registry }) =>
      `is signed at ${address(registry)} only by unknown keys (${listed(keyIds, 3, key)})`,
    why: 'anyone can make such a signature',
    next: 'stop',
  },
  'signature-key-expired': {
    title: 'signed by an expired key',
    clause: ({ keyId, expired, time, basis }) =>
      `is signed by key ${key(keyId)}, whose validity begins or ends at ${formatInstant(expired)}, ${
        time === null ? 'and nothing shows when it signed' : `and signed at ${formatInstant(time)} ${BASIS[basis]}`
      }`,
    why: 'a signature from outside of that period proves nothing, and only a log or a timestamp proves when a key signed',
    next: 'stop',
  },

  'provenance-invalid': {
    title: 'an attestation does not verify',
    clause: ({ attestation, reason, detail }) =>
      `has a ${attestation} attestation that is refused because ${REFUSALS[reason]} (${quoteText(detail)})`,
    why: 'a real build does not leave a broken attestation behind, so it was changed or made up',
    // Of what another Sigstore signed, nothing is broken but that nobody here was told of its root.
    next: ({ reason }) => (reason === 'certificate-chain' ? 'root' : 'stop'),
  },
  'provenance-subject-mismatch': {
    title: 'an attestation about something else',
    clause: ({ attestation, expected, actual }) =>
      `has a ${attestation} attestation about ${escapeText(actual, 160)} instead of ${escapeText(expected, 160)}`,
    why: 'it was made for other bytes or another package and says nothing about this one',
    next: 'stop',
  },
  'provenance-missing': {
    title: 'no provenance, and none before it',
    clause: ({ earlier, first }) => {
      if (first !== undefined)
        return `has no provenance, as it is older than ${version(first)}, the first version that has`;
      if (earlier === 0) return 'has no provenance, and there is no earlier version to compare with';
      const others = earlier === 1 ? 'the one earlier version' : `any of ${String(earlier)} earlier versions`;
      return `has no provenance, and neither has ${others}`;
    },
    why: 'nothing shows who built it, and from which source',
    next: 'explain',
  },
  'provenance-lost': {
    title: 'provenance is gone',
    clause: ({ predecessor, published }) =>
      `has no provenance, but ${version(predecessor)}${dated(published)} before it has`,
    why: 'it did not come from the build that published before, which is what a stolen token looks like',
    next: 'check',
  },
  'provenance-lost-elsewhere': {
    title: 'other versions have provenance, this one has none',
    clause: (args) =>
      `has no provenance, but ${version(args.version)}${dated(args.published)} of ${args.sameLine ? 'its' : 'another'} release line has${args.publisher === undefined ? '' : `; ${quoteText(args.publisher, 40)} published both`}`,
    why: 'the project publishes with provenance elsewhere and did not here',
    next: 'check',
  },
  'provenance-advertised-absent': {
    title: 'provenance announced, but not served',
    clause: ({ url, by }) =>
      by === 'lockfile'
        ? `is locked as attested, but ${address(url)} has no attestations of it`
        : `is announced with provenance, but ${address(url)} has none`,
    why: 'the registry contradicts itself, or something on the way removed it',
    next: 'check',
  },
  'publish-attestation-missing': {
    title: 'provenance without the publish attestation',
    clause: ({ url }) => `has provenance, but no publish attestation at ${address(url)}`,
    why: 'nothing shows that the registry took this build in as this version',
    next: 'check',
  },

  'identity-unexpected-repository': {
    title: 'built from another repository',
    clause: (args) => `was built from ${address(args.actual)}${ownerText(args)}, but ${expectation(args)}`,
    why: 'other people decide what goes into another repository',
    next: 'check',
  },
  'identity-unexpected-workflow': {
    title: 'built by another workflow',
    clause: (args) => `was built by workflow ${address(args.actual)}, but ${expectation(args)}`,
    why: 'another workflow can be started by other people and can skip the checks of the usual one',
    next: 'check',
  },
  'identity-unexpected-issuer': {
    title: 'signed under another issuer',
    clause: (args) => `was signed under the issuer ${address(args.actual)}, but ${expectation(args)}`,
    why: 'another service vouches for who built it',
    next: 'check',
  },
  'identity-unexpected-ref': {
    title: 'built from another ref',
    clause: (args) => `was built from ${address(args.actual)}, but ${expectation(args)}`,
    why: 'code on another branch or tag may never have been reviewed',
    next: 'check',
  },
  'identity-unexpected-trigger': {
    title: 'built on another event',
    clause: (args) => `was built on the event ${address(args.actual)}, but ${expectation(args)}`,
    why: 'other people can cause another event, and it can skip the approvals of the usual one',
    next: 'check',
  },
  'identity-unexpected-runner': {
    title: 'built on another kind of runner',
    clause: (args) => `was built on the runner ${address(args.actual)}, but ${expectation(args)}`,
    why: 'whoever controls the machine controls what it builds',
    next: 'check',
  },
  'identity-owner-changed': {
    title: 'the repository has another owner under the same name',
    clause: (args) => `was built for ${address(args.name)} with owner id ${key(args.actual)}, but ${expectation(args)}`,
    why: 'an account name that became free can be registered by somebody else',
    next: 'check',
  },
  'identity-self-hosted-runner': {
    title: 'built on a self-hosted runner',
    clause: ({ run }) => `was built on a self-hosted runner${run === null ? '' : ` (${address(run)})`}`,
    why: 'whoever controls that machine controls what it builds',
    next: 'check',
  },
  'identity-predicate-disagrees': {
    title: 'the provenance contradicts its certificate',
    clause: ({ field, certificate, predicate }) =>
      `has provenance that gives ${address(predicate)} as ${escapeText(field, 60)}, while its certificate says ${address(certificate)}`,
    why: 'the certificate is written by the authority and the provenance by the build, so the build told something else',
    next: 'stop',
  },

  ...FILE_ATTESTATION_TEXTS,
  ...INDEX_TEXTS,
  ...HISTORY_TEXTS,
  ...BYTES_TEXTS,
  ...LOG_TEXTS,
  ...LOCKFILE_TEXTS,

  'clock-behind': {
    title: "this machine's clock is behind",
    clause: ({ attestation, detail }) =>
      `cannot be judged because its ${attestation} attestation lies in the future of this machine (${quoteText(detail)})`,
    why: 'a clock that is wrong says nothing about the package, and nothing can be said until it is right',
    next: 'clock',
  },
  'evidence-unavailable': {
    title: 'evidence could not be obtained',
    clause: ({ evidence, url, reason, setting }, archive) =>
      setting === undefined
        ? `${UNTOLD[evidence]?.unavailable ?? `cannot be judged because ${evidenceText(evidence, archive)}`} could not be obtained from ${address(url)} (${quoteText(reason)})`
        : `cannot be judged because ${evidenceText(evidence, archive)} may be asked of nobody (${quoteText(setting, 160)})`,
    why: 'no answer is not a good answer',
    next: ({ evidence, reason, setting }) => {
      if (setting !== undefined) return 'proxy-off';
      if (NOT_PACKED.test(reason)) return 'pack';
      return evidence === 'newer-keys' ? 'trust' : UNREACHED.test(reason) ? 'hosts' : 'again';
    },
  },
  'evidence-malformed': {
    title: 'evidence cannot be read',
    clause: ({ evidence, url, reason }, archive) =>
      UNTOLD[evidence] !== undefined
        ? `${UNTOLD[evidence].malformed}, from ${address(url)}, cannot be believed (${quoteText(reason)})`
        : `cannot be judged because ${evidenceText(evidence, archive)} from ${address(url)} cannot be read (${quoteText(reason)})`,
    why: 'a broken answer is not a good answer',
    next: 'again',
  },
  'evidence-not-served': {
    title: 'the registry serves no attestations',
    clause: ({ registry, packages }) => {
      const whose = packages.length === 0 ? 'it' : listed(packages, 2000, (spec) => escapeText(spec, 160));
      return `rests on ${address(registry)}, which serves no attestations and announces provenance of ${whose}`;
    },
    why: 'a mirror that does not pass them on hides the builders, so there is no statement',
    next: 'explain',
  },
  'baseline-forged': {
    title: 'the baseline has entries that no update would write',
    clause: ({ ref, entries }) =>
      `has lines that are not at ${escapeText(ref, 120)} and that assay update would not write: ${listed(entries, 2000, (one) => escapeText(one, 160))}`,
    why: 'once merged, they would hold versions that were never verified',
    next: 'stop',
  },
  'evidence-stripped': {
    title: 'the registry leaves out evidence',
    clause: ({ registry, of }) =>
      of === 'attestations'
        ? `comes from ${address(registry)}, which does not say of any file whether it has attestations`
        : `comes from ${address(registry)}, which serves no signature for any version of it`,
    why: 'without them a forged release looks like any other',
    next: ({ registry, of }) => {
      if (isPublicRegistry(registry)) return 'proxy';
      return of === 'attestations' ? 'index' : 'registry';
    },
  },
};

const BASIS = {
  log: 'by the time of a transparency log',
  timestamp: 'by the time of a timestamp authority',
  registry: 'by the word of the registry alone',
} as const;

function evidenceText(evidence: EvidenceName, archive: string): string {
  return evidence === 'tarball' ? `its ${archive}` : EVIDENCE[evidence];
}

const EVIDENCE: Readonly<Record<Exclude<EvidenceName, 'tarball'>, string>> = {
  manifest: 'its manifest',
  history: "the package's history",
  attestations: 'its attestations',
  'predecessor-attestations': "its predecessor's attestations",
  keys: "the registry's keys",
  'newer-keys': 'the newest keys of registries, one of which may have signed it,',
  zip: 'its zip or go.mod',
  file: 'one of its files',
  installed: 'what is installed',
  log: 'what a transparency log has of it',
  retractions: 'what its owners took back',
  publisher: 'who published it',
  advisory: 'a record of malicious packages',
};

/** What does without it all the same. */
const UNTOLD: Partial<Readonly<Record<EvidenceName, { readonly unavailable: string; readonly malformed: string }>>> = {
  retractions: {
    unavailable: 'may be retracted: the go.mod that would say so',
    malformed: 'may be retracted: what says so',
  },
  publisher: {
    unavailable: 'may be from a new publisher: who published it',
    malformed: 'may be from a new publisher: what says who published it',
  },
};

function ownerText({ owner }: Readonly<IdentityArgs>): string {
  if (owner === undefined) return '';
  return owner === 'same' ? ', of the same owner' : ', of another owner';
}

function expectation({ expected, source, version: from }: Readonly<IdentityArgs>): string {
  switch (source) {
    case 'policy':
      return `the policy expects ${address(expected)}`;
    case 'baseline':
      return `the baseline has ${address(expected)}`;
    case 'lockfile':
      return `the lockfile names ${address(expected)}`;
    case 'history':
      return from === undefined ? `expected is ${address(expected)}` : `${version(from)} has ${address(expected)}`;
    case 'manifest':
      return `${from === undefined ? 'its manifest' : `the manifest of ${version(from)}`} names ${address(expected)}`;
  }
}

/** Of two lists of hashes, what only the one and only the other has. */
function differing(one: string, other: string): readonly [string, string] {
  const [a, b] = [one.split(' '), other.split(' ')];
  const without = (words: readonly string[], others: readonly string[]): string =>
    words.filter((word) => !others.includes(word)).join(' ');
  return [without(a, b), without(b, a)];
}

const key = (text: string): string => escapeText(text, 80);
