import { isPublicRegistry } from '../../ecosystems/conventions/index.ts';
import { escapeText } from '../words/escape.ts';

/** What registries leave out of everything they serve, and what to do: one line for each registry. Escaped. */
export function silentTexts(signatures: readonly string[], attestations: readonly string[]): readonly string[] {
  const text = (registry: string, what: string, code: string): string => {
    const found = `${escapeText(registry, 160)} serves no ${what} of any package here: `;
    // There is no other registry to ask than the one that serves them.
    const next = isPublicRegistry(registry)
      ? `that registry has them, so a proxy answered in its name: ask who runs it (assay explain ${code})`
      : 'a mirror, a proxy or the network leaves them out. Ask the registry that has them (--registry URL), or let them ' +
        `through; name a registry of your own as private in assay.yml (assay explain ${code})`;
    return found + next;
  };
  return [
    ...signatures.map((registry) => text(registry, 'signatures', 'evidence-stripped')),
    ...attestations.map((registry) => text(registry, 'attestations', 'evidence-not-served')),
  ];
}
