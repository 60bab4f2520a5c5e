import type { Proofs } from '../../model/proof.ts';
import type { Report } from '../../model/report.ts';
import { escapeText } from '../words/escape.ts';
import { table, type RenderOptions, type Row } from '../words/layout.ts';
import { subjectText } from '../words/messages.ts';

/** A line for each dependency that passes. */
export function passing({ dependencies }: Report, options: RenderOptions): string[] {
  const rows = dependencies.flatMap(({ dependency, proofs, verdict }): Row[] =>
    verdict === 'pass' ? [[subjectText(dependency, 60), builderText(proofs)]] : [],
  );
  return rows.length === 0 ? [] : table(rows, options);
}

/** Who built it, as far as anybody says. Escaped. */
function builderText({ provenance, publish, signature, integrity }: Proofs): string {
  if (provenance !== null) {
    const { repository, subject, workflow, commit } = provenance.identity;
    const by = [repository ?? subject, workflow].flatMap((part) => (part === null ? [] : [escapeText(part, 160)]));
    return `built by ${by.join(', ')}${commit === null ? '' : `, commit ${escapeText(commit.slice(0, 12), 12)}`}`;
  }
  if (signature !== null || publish !== null) return 'nobody says who built it; the registry signed its hash';
  if (integrity !== null) return 'nobody says who built it; its hash is that of the registry';
  return 'held by assay.lock, and not asked again';
}
