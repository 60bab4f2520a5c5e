/** An address as it may be shown: without user name and password. Text that is no address stays as it is. */
export function withoutCredentials(address: string): string {
  return address.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1');
}

/** Whether two addresses are of one package index: neither user names, case nor slashes at the end make another one. */
export function isSameIndex(one: string, other: string): boolean {
  return plain(one) === plain(other);
}

function plain(address: string): string {
  const shown = withoutCredentials(address);
  return (URL.canParse(shown) ? new URL(shown).href : shown).replace(/\/+$/, '').toLowerCase();
}
