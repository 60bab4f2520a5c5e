/** The address of npm's own registry, as configuration is read: with the slash at its end. */
export const NPM_REGISTRY = 'https://registry.npmjs.org/';

/** Yarn 1's name for the same registry, which its lockfiles have where nothing else is configured. */
export const YARN_REGISTRY = 'https://registry.yarnpkg.com/';

/** An address as it may be shown: without user name and password. Text that is no address stays as it is. */
export function withoutCredentials(address: string): string {
  return address.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1');
}
