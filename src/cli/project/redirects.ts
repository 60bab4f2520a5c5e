/** Why a redirect is not followed: to another host than these, which `assay trust hosts` names. */
export function toOtherThan(hosts: ReadonlySet<string>): (to: URL) => string | null {
  return ({ host }) => (hosts.has(host) ? null : 'which is none of the hosts that assay trust hosts names');
}
