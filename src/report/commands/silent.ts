import { escapeText } from '../words/escape.ts';

/** What registries leave out of everything they serve, and what to do: one line for each registry. Escaped. */
export function silentTexts(signatures: readonly string[], attestations: readonly string[]): readonly string[] {
  const text = (registry: string, what: string, code: string): string =>
    `${escapeText(registry, 160)} serves no ${what} of any package here: a mirror, a proxy or the network leaves them out. ` +
    'Ask the registry that has them (--registry URL), or let them through; name a registry of your own as private in assay.yml ' +
    `(assay explain ${code})`;
  return [
    ...signatures.map((registry) => text(registry, 'signatures', 'evidence-stripped')),
    ...attestations.map((registry) => text(registry, 'attestations', 'evidence-not-served')),
  ];
}
