import valid from 'semver/functions/valid.js';

/**
 * Whether a registry could hold a package of this name: the rules for names that exist already
 * (validate-npm-package-name, `validForOldPackages`; a leading hyphen too, as in the package "-"), and never longer
 * than the 214 characters a new name may have.
 */
export function isPackageName(name: string): boolean {
  if (name.length > 214 || /^(?:node_modules|favicon\.ico)$/i.test(name)) return false;
  return /^(?:@[\w\-~!*'()][\w\-.~!*'()]*\/[\w\-~!*'()]|[a-z0-9\-~!*'()])[\w\-.~!*'()]*$/i.test(name);
}

/** Three plain numbers, as nearly all versions are: known to be valid without semver's slower look. */
const PLAIN_VERSION = /^(?:0|[1-9]\d{0,14})(?:\.(?:0|[1-9]\d{0,14})){2}$/;

/** Whether a registry could hold this version: semver, strict or as loose as npm once allowed ("1.2.3beta"). */
export function isRegistryVersion(version: string): boolean {
  if (PLAIN_VERSION.test(version)) return true;
  return version.length <= 256 && /^\d[\w.+~-]*$/.test(version) && valid(version, { loose: true }) !== null;
}

/** A version as npm reads it: what stands around it (`v`, `=`, white space) is none of it. */
export function cleanVersion(version: string): string {
  return PLAIN_VERSION.test(version)
    ? version
    : version
        .trim()
        .replace(/^[=v]+/, '')
        .trim();
}

/** How one version is written in lockfiles, and in what asks for it. */
export function nameAtVersion({ name, version }: { readonly name: string; readonly version: string }): string {
  return `${name}@${version}`;
}
