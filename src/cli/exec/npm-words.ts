/** An option of npm, with any number of leading dashes. */
export const NPM_OPTION = /^-+([^=]*)(?:=(.*))?$/s;

/** npm accepts the beginning of an option if no other option begins with it. */
const BEGINNINGS: readonly (readonly [RegExp, string])[] = [
  [/^shr[a-z]*$/, 'shrinkwrap'],
  [/^prefix?$/, 'prefix'],
  [/^locat[a-z]*$/, 'location'],
  [/^userc[a-z]*$/, 'userconfig'],
  [/^globalc[a-z]*$/, 'globalconfig'],
  [/^g$/, 'global'],
  [/^L$/, 'location'],
];

/** The name of an option as npm takes it. What denies it stays before it. */
export function npmName(written: string): string {
  const [, denial = '', bare = ''] = DENIED.exec(written) ?? [];
  return denial + BEGINNINGS.reduce((text, [begins, option]) => text.replace(begins, option), bare);
}

const DENIED = /^((?:no-)*)(.*)$/is;

/**
 * Options of one letter that stand in one word, if one of them says where to install; `--all` and `--call` are others.
 */
const LETTERS = /^-+(?!c?all$)(?=[a-zA-Z]*[gLC])([acfglmnpqsdhvwyLCSBDEOPH]{2,})$/;

/** A word as npm takes it apart. */
export function npmLetters(word: string): readonly string[] {
  const letters = LETTERS.exec(word)?.[1];
  return letters === undefined ? [word] : letters.split(/(?=.)/).map((letter) => `-${letter}`);
}

/** Options of npm 8 to 12 that are switches. */
const SWITCHES: ReadonlySet<string> = new Set(
  [
    'all allow-same-version allow-scripts-pending allow-scripts-pin allow-unused-patches audit bin-links bypass-2fa color',
    'commit-hooks dangerously-allow-all-scripts description dev diff-ignore-all-space diff-name-only diff-no-prefix diff-text',
    'dry-run engine-strict expect-results force foreground-scripts format-package-lock fund git-tag-version global',
    'global-style if-present ignore-existing ignore-extension ignore-patch-failures ignore-scripts include-attestations',
    'include-staged include-workspace-root init-private install-links json keep-edit-dir legacy-bundling legacy-peer-deps',
    'link long offline omit-lockfile-registry-resolved optional package-lock package-lock-only packages-all parseable',
    'prefer-dedupe prefer-offline prefer-online production progress provenance read-only rebuild-bundle save save-bundle',
    'save-dev save-exact save-optional save-peer save-prod shrinkwrap sign-git-commit sign-git-tag strict-allow-scripts',
    'strict-npmrc strict-peer-deps strict-ssl timing unicode update-notifier usage version versions workspaces',
    'workspaces-update yes a f g l p S B D E O P y n d dd ddd q s h H v iwr ws porcelain readonly quiet silent verbose',
  ].flatMap((line) => line.split(' ')),
);

/** Whether npm has no use for the value of an option and takes it as a name: `--save=left-pad` installs that. */
export function isLeftOver(name: string, value: string): boolean {
  const [, denial = '', bare = ''] = DENIED.exec(name) ?? [];
  if (value === '' || isSwitch(value) || (bare === 'color' && value === 'always')) return false;
  return denial !== '' || SWITCHES.has(bare);
}

export function isSwitch(word: string): boolean {
  return word === 'true' || word === 'false';
}
