import { stringify } from '../json/stringify.ts';
import { escapeText } from '../words/escape.ts';

/** A host that a run would contact. */
export interface Host {
  readonly scheme: 'http' | 'https';
  /** With its port where that is not the usual one of the scheme. */
  readonly host: string;
  /** The proxy that is connected to in its place; null where it is connected to itself. */
  readonly through: string | null;
  readonly why: readonly string[];
}

const REDIRECTS = 'A redirect by one of these to any other host is refused.';

/** One line for each host, then what no list of hosts can say. Ends with a newline. */
export function renderHosts(hosts: readonly Host[]): string {
  if (hosts.length === 0) return 'no host is contacted\n';
  const lines = hosts.map(({ scheme, host, through, why }) => {
    const way = through === null ? '' : ` through ${escapeText(through, 300)}`;
    return `${escapeText(host, 300)} ${scheme}${way}: ${escapeText(why.join(', '), 2000)}`;
  });
  return `${[...lines, REDIRECTS].join('\n')}\n`;
}

/** The same as JSON (docs/schemas/hosts-1.schema.json). */
export function renderHostsJson(hosts: readonly Host[]): string {
  return stringify({
    schema: 'assay.hosts/1',
    hosts: hosts.map(({ scheme, host, through, why }) => ({ host, scheme, through, why: [...why] })),
  });
}
