import type { AddedDependencyAge, ScriptDecision } from '../../model/finding.ts';
import { formatInstant, type Instant } from '../../model/time.ts';
import { ageText } from './changes.ts';
import { escapeText, quoteText } from './escape.ts';
import { listed } from './layout.ts';
import { account, address, version, type Texts } from './text.ts';

/** The words of what a release did that earlier ones did not. */
export const HISTORY_TEXTS: Texts<
  | 'history-publisher-changed'
  | 'history-publisher-new'
  | 'history-too-new'
  | 'history-install-script-added'
  | 'history-dependency-added'
  | 'history-approval-lost'
  | 'history-new-package-script'
  | 'history-attestation-missing'
  | 'history-mass-yank'
  | 'history-exotic-dependency'
  | 'history-dist-tag-moved-back'
> = {
  'history-publisher-changed': {
    title: 'another publisher',
    clause: (args) => `was published by ${account(args.to)}, but ${version(args.version)} by ${account(args.from)}`,
    why: 'a change in a team looks like this, and so does a takeover',
    next: 'check',
  },
  'history-publisher-new': {
    title: 'first release by this publisher',
    clause: ({ from, to, version: before, first }) =>
      `was published by ${account(to)}, whose first version of it is ${version(first)}; ${version(before)} before that is by ${account(from)}`,
    why: 'whoever takes over a package publishes it for the first time',
    next: 'check',
  },
  'history-approval-lost': {
    title: 'nobody approved this release',
    clause: (args) =>
      `was published without the approval of a person, but ${account(args.approver)} approved ${version(args.version)}`,
    why: 'whoever controls the pipeline alone can publish like this',
    next: 'check',
  },
  'history-too-new': {
    title: 'published very recently',
    clause: ({ published, minimumHours }) =>
      `was published at ${formatInstant(published)}, less than ${String(minimumHours)} hours ago`,
    why: 'there was no time to notice a bad release',
    next: 'check',
  },
  'history-install-script-added': {
    title: 'new or other install scripts',
    clause: ({ scripts, commands, was, version: before, ...decision }) => {
      const named = scripts.map((name, i) => scriptText(name, commands[i] ?? '', was?.[i]));
      return `runs ${listed(named, 3, String)} at install, unlike ${version(before)}${permissionText(decision)}`;
    },
    why: 'install scripts run on every machine that installs it, before anything else can look',
    next: 'check',
  },
  'history-new-package-script': {
    title: 'install scripts of a new package',
    clause: ({ scripts, commands, ...decision }) => {
      const named = scripts.map((name, i) => scriptText(name, commands[i] ?? ''));
      return `runs ${listed(named, 3, String)} at install, and nothing older is known of it${permissionText(decision)}`;
    },
    why: 'a package that is made to run once needs no history',
    next: 'check',
  },
  'history-dependency-added': {
    title: 'new dependencies',
    clause: ({ added, published, version: before }) =>
      `depends on ${listed(youngestFirst(added), 3, (one) => addedText(one, published))}, unlike ${version(before)}`,
    why: 'a new dependency brings in code of other people',
    next: 'check',
  },
  'history-attestation-missing': {
    title: 'provenance of earlier releases cannot be obtained',
    clause: ({ versions, instead }) =>
      `is held to ${instead === null ? 'no earlier build' : version(instead)}, as no valid provenance is served for ${listed(versions, 3, version)}`,
    why: 'a release is compared with the builders of earlier ones, and an attacker may hide those',
    next: 'check',
  },
  'history-mass-yank': {
    title: 'every earlier version is yanked',
    clause: ({ versions }) => `is new, and all ${versions} versions before it are yanked`,
    why: 'whoever steals an account leaves no other version to go to, so that a bad one is taken',
    next: 'check',
  },
  'history-exotic-dependency': {
    title: 'declares a dependency outside the registry',
    clause: ({ name, spec }) => `declares ${escapeText(name, 80)} as ${address(spec)}`,
    why: 'no registry signs what is fetched from there',
    next: 'check',
  },
  'history-dist-tag-moved-back': {
    title: 'no longer the latest, and nothing newer is',
    clause: ({ latest, published }) =>
      `is not what the tag latest names: that is ${version(latest)}, published earlier (${formatInstant(published)})`,
    why: 'maintainers take a bad release back like this before it is gone',
    next: 'check',
  },
};

function permissionText({
  permission,
  by = 'your package.json',
  stops = 'npm from version 12 on',
}: ScriptDecision): string {
  const who = escapeText(by, 80);
  switch (permission) {
    case 'allowed':
      return `; ${who} lets it`;
    case 'denied':
      return `; ${who} does not let it`;
    case 'unlisted':
      return `; ${who} does not list it, which stops ${escapeText(stops, 80)}`;
    case 'unknown':
      return '';
  }
}

function scriptText(name: string, command: string, was = ''): string {
  const before = was === '' ? '' : `, before ${quoteText(was, 80)}`;
  return escapeText(name, 40) + (command === '' ? '' : ` (${quoteText(command, 80)}${before})`);
}

function addedText(
  { name, firstPublished, version: locked, published, like }: AddedDependencyAge,
  at: Instant | null,
): string {
  const age =
    firstPublished === null
      ? []
      : [ageText(firstPublished, locked === null ? null : { version: locked, published }, at)];
  const notes = [...(like === undefined ? [] : [`nearly the name of ${escapeText(like, 80)}`]), ...age];
  return `${escapeText(name, 80)}${notes.length === 0 ? '' : ` (${notes.join('; ')})`}`;
}

/** The ones of unknown age last. */
function youngestFirst(added: readonly AddedDependencyAge[]): readonly AddedDependencyAge[] {
  return added.toSorted((a, b) => (b.firstPublished ?? -Infinity) - (a.firstPublished ?? -Infinity));
}
