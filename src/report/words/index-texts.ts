import type { FindingCode } from '../../model/finding.ts';
import { formatInstant } from '../../model/time.ts';
import { escapeText, quoteText } from './escape.ts';
import { listed } from './layout.ts';
import { address, version, type Texts } from './text.ts';

const fileName = (text: string): string => escapeText(text, 120);

/** The words of what an index says of releases and of their files. */
export const INDEX_TEXTS: Texts<
  Extract<FindingCode, `version-${string}`> | 'integrity-unknown-file' | 'history-file-added-late'
> = {
  'integrity-unknown-file': {
    title: 'a locked hash that no file of the release has',
    clause: ({ locked, file }) =>
      `is locked${file === null ? '' : ` by ${fileName(file)}`} as ${address(locked)}, which no such file of the release has`,
    why: 'installers take whatever has one of the locked hashes, so that one more is a way in',
    next: 'refuse',
  },
  'history-file-added-late': {
    title: 'a file was added long after the release',
    clause: ({ file, published, firstPublished }) =>
      `is locked by ${fileName(file)}, added at ${formatInstant(published)} to a release of ${formatInstant(firstPublished)}`,
    why: 'whoever trusts the release looked at it before this file was there',
    next: 'check',
  },
  'version-removed': {
    title: 'taken away by its registry or its owners',
    clause: ({ registry, quarantined, reason }) => {
      const why = reason === '' ? '' : `: ${quoteText(reason, 200)}`;
      return quarantined
        ? `is of a project that ${address(registry)} has in quarantine${why}`
        : `is there no more at ${address(registry)}, where the baseline had it from${why}`;
    },
    why: 'registries take malware away like this, and a lockfile keeps it',
    next: 'stop',
  },
  'version-yanked': {
    title: 'taken back by its owners or its registry',
    clause: ({ reason, retractedIn }) =>
      `is ${retractedIn === undefined ? 'yanked' : `retracted by ${version(retractedIn)}`}${reason === null ? '' : `: ${quoteText(reason, 200)}`}`,
    why: 'a lockfile keeps a version that nobody is to take any more, and the reason may be a bad release',
    next: 'explain',
  },
};

/** The words of attestations of which a release has one for each file. */
export const FILE_ATTESTATION_TEXTS: Texts<
  'provenance-partial' | 'provenance-inconsistent' | 'identity-publisher-disagrees'
> = {
  'provenance-partial': {
    title: 'some files have provenance, and others none',
    clause: ({ files, attested, predecessor }) =>
      `has no provenance of ${listed(files, 3, fileName)}, but of ${String(attested)} other locked ${attested === 1 ? 'file' : 'files'}${predecessor === null ? '' : `; ${version(predecessor)} before it has`}`,
    why: 'a file that did not come from the build of the others is one that somebody added, for those who install that one',
    next: 'check',
  },
  'provenance-inconsistent': {
    title: 'files of one release from different builders',
    clause: ({ files: [one = '', other = ''], builders: [by = '', otherBy = ''] }) =>
      `has ${fileName(one)} built by ${address(by)}, but ${fileName(other)} by ${address(otherBy)}`,
    why: 'one release is one build, and which of them you get depends on your machine',
    next: 'check',
  },
  'identity-publisher-disagrees': {
    title: 'the index names another publisher than the certificate',
    clause: ({ field, certificate, publisher }) =>
      `is published by ${address(publisher)} as the index says (${escapeText(field, 60)}), while its certificate says ${address(certificate)}`,
    why: 'the certificate is written by the authority and the publisher by the index, so the index told something else',
    next: 'stop',
  },
};
