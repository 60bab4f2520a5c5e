import { isPublicRegistry } from '../../ecosystems/conventions/index.ts';
import { escapeText } from '../words/escape.ts';

interface Leaving {
  readonly signatures: readonly string[];
  readonly attestations: readonly string[];
  /** Those of `signatures` that are indexes of files. */
  readonly indexes: ReadonlySet<string>;
}

/** What registries leave out of everything they serve, and what to do: one line for each registry. Escaped. */
export function silentTexts({ signatures, attestations, indexes }: Leaving): readonly string[] {
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
    ...signatures.map((registry) =>
      indexes.has(registry) ? indexText(registry) : text(registry, 'signatures', 'evidence-stripped'),
    ),
    ...attestations.map((registry) => text(registry, 'attestations', 'evidence-not-served')),
  ];
}

/** The same of an index of files, which has no signatures of its own. */
function indexText(index: string): string {
  const next = isPublicRegistry(index)
    ? 'that index says it, so a proxy answered in its name: ask who runs it'
    : 'a mirror, a proxy or the network leaves it out. Ask an index that passes attestations on (UV_DEFAULT_INDEX, or ' +
      'PIP_INDEX_URL for requirements), or let them through';
  return `${escapeText(index, 160)} says of no file here whether it has attestations: ${next} (assay explain evidence-stripped)`;
}
