import { hashText } from '../../model/hash.ts';
import { withoutCredentials } from '../../model/address.ts';
import type { Source } from '../../model/dependency.ts';
import type { Identity, InstalledProof, Proofs, ProvenanceProof } from '../../model/proof.ts';
import type { LeveledFinding } from '../../model/verdict.ts';
import { formatInstant } from '../../model/time.ts';
import { packagingOf } from '../words/builders.ts';
import { capabilityText, describe, findingTitle, subjectText } from '../words/messages.ts';
import { overdueText, ownerText } from '../words/review-words.ts';
import { wayTo, type Node } from './graph.ts';
import { hostile, html, joined, link, type Html } from './markup.ts';
import { timeline, timesOf } from './timeline.ts';

/** The most names of other dependencies, places and findings that are listed. */
const MOST_NAMES = 20;
const MOST_PLACES = 10;
const MOST_FINDINGS = 20;

/** All that is known of one dependency. */
export function detail(node: Node, nodes: readonly Node[]): Html {
  const { judged, index } = node;
  const { dependency, proofs } = judged;
  const { archive, unpacked, isSignedByRegistry } = packagingOf(dependency);
  const rows = [
    row('Verdict', html`${judged.verdict === 'unverified' ? 'no statement' : judged.verdict}`),
    row('Hash', integrity(node)),
    row(
      `${archive.charAt(0).toUpperCase()}${archive.slice(1)}`,
      proofs.bytes === null ? null : html`hashed, ${proofs.bytes.size} bytes`,
    ),
    row('Installed', proofs.installed === null ? null : installed(proofs.installed, unpacked)),
    row('Registry signature', isSignedByRegistry ? signature(proofs, judged.baseline === 'held') : null),
    row('Publish attestation', proofs.publish === null ? null : html`proven${loggedText(proofs.publish.bundle.log)}`),
    row('Provenance', proofs.provenance === null ? null : provenance(proofs.provenance)),
    row('Locked at', places(node)),
    row('Comes from', source(dependency.artifacts[0].source)),
    row('Critical', critical(node)),
    row('Way from the project', way(node, nodes)),
    row('Asks for', names(node.requires, nodes)),
    row('Asked for by', names(node.requiredBy, nodes)),
  ].filter((each) => each !== null);
  return html`<article id="x${index}">
    <h3 tabindex="-1">${subjectText(dependency)}</h3>
    ${findings(node)}
    <dl>${rows}</dl>
    ${timeline(timesOf(judged))}
    <p class="back"><a href="#d${index}">To its row in the table</a></p>
  </article> `;
}

/** A link to a dependency. */
export function nameLink({ index, judged }: Node): Html {
  return html`<a href="#x${index}">${subjectText(judged.dependency)}</a>`;
}

function row(label: string, value: Html | null): Html | null {
  return value === null
    ? null
    : html`<dt>${label}</dt>
        <dd>${value}</dd>`;
}

function findings({ judged }: Node): Html | null {
  const { findings: found, dependency } = judged;
  if (found.length === 0) return null;
  const more = found.length - MOST_FINDINGS;
  return html`<ul class="findings">
    ${found.slice(0, MOST_FINDINGS).map((finding) => {
      const { message, help } = describe(finding, dependency);
      return html`<li>
        <p>
          <b class="${finding.level}">${finding.level}</b> <code>${finding.code}</code>: ${findingTitle(finding.code)}
        </p>
        <p>${message}${decision(finding)}</p>
        <p>Next: <code>${help}</code></p>
      </li>`;
    })}${more > 0 ? html`<li>and ${more} more (<code>assay --json</code> lists all)</li>` : null}
  </ul>`;
}

function decision({ accepted, review }: LeveledFinding): Html | null {
  if (accepted !== undefined) {
    return html` Accepted until ${formatInstant(accepted.until)} by ${hostile(accepted.by, 60)}:
    ${hostile(accepted.why)}.`;
  }
  if (review === undefined) return null;
  return review.overdue
    ? html` ${overdueText(review)}`
    : html` Decision due ${formatInstant(review.due)}: ${ownerText(review.owner)}.`;
}

function integrity({ judged: { dependency, proofs, baseline } }: Node): Html {
  const [{ digests }] = dependency.artifacts;
  const [first] = digests;
  if (first === undefined) return html`the lockfile has none`;
  const state = proofs.integrity !== null ? 'proven' : baseline === 'held' ? 'held' : 'not proven';
  const more = digests.length - 1;
  return html`${state}: <code>${hashText(first)}</code>${more > 0 ? ` and ${more} more` : null}`;
}

function installed({ paths, files }: InstalledProof, unpacked: string): Html {
  return html`${files} files as in the ${unpacked}, at
  ${joined(
    paths.slice(0, MOST_PLACES).map((path) => hostile(path, 200)),
    ', ',
  )}${paths.length > MOST_PLACES ? ` and ${paths.length - MOST_PLACES} more` : null}`;
}

const ORIGINS = { pinned: 'pinned in assay', configured: 'configured', registry: "the registry's own word" } as const;

function signature({ signature: proof }: Proofs, isHeld: boolean): Html | null {
  if (proof === null) return html`${isHeld ? 'held, not asked again' : 'not proven'}`;
  const time = proof.time === null ? '' : `, at ${formatInstant(proof.time.time)}`;
  return html`proven by key <code>${hostile(proof.keyId, 100)}</code> (${ORIGINS[proof.keyOrigin]}${time})`;
}

function loggedText(log: ProvenanceProof['bundle']['log']): Html | null {
  const [entry] = log;
  return entry === undefined ? null : html`, log entry ${hostile(entry.logIndex, 30)} of ${hostile(entry.origin, 80)}`;
}

/** What a reader looks for first comes first; `subject` and ids say nothing more to a person. */
const FACTS = [
  ['repository', 'repository'],
  ['workflow', 'workflow'],
  ['commit', 'commit'],
  ['ref', 'ref'],
  ['trigger', 'event'],
  ['runner', 'runner'],
  ['run', 'run'],
  ['signer', 'signing workflow'],
  ['issuer', 'issuer'],
] as const satisfies readonly (readonly [keyof Identity, string])[];

function provenance({ identity, bundle }: ProvenanceProof): Html {
  const facts = FACTS.flatMap(([field, label]) => {
    const value = identity[field];
    return value === null ? [] : [html`<li>${label} ${link(value)}</li>`];
  });
  return html`proven${loggedText(bundle.log)}, built by
    <ul>
      ${facts}
    </ul>`;
}

function places({ judged: { dependency } }: Node): Html | null {
  const shown = dependency.places
    .slice(0, MOST_PLACES)
    .map(({ file, line, path }) => html`${hostile(file, 120)}:${line} <code>${hostile(path, 200)}</code>`);
  const more = dependency.places.length - shown.length;
  return shown.length === 0 ? null : html`${joined(shown, ', ')}${more > 0 ? ` and ${more} more` : null}`;
}

/** A lockfile may carry credentials in its addresses; a report does not. */
function source(from: Source): Html | null {
  switch (from.kind) {
    case 'registry':
      return from.resolved === null ? null : hostile(withoutCredentials(from.resolved));
    case 'git':
    case 'http':
      return html`${from.kind}: ${hostile(withoutCredentials(from.url))}`;
    case 'file':
      return html`file: ${hostile(from.path)}`;
    case 'other':
      return hostile(from.locator);
  }
}

function critical({ judged: { critical: why } }: Node): Html | null {
  if (why === null) return null;
  switch (why.by) {
    case 'direct':
      return html`as a direct dependency`;
    case 'name':
      return html`by the policy's ${hostile(why.name, 80)} in line ${why.line}`;
    case 'capability':
      return html`${capabilityText(why)}`;
  }
}

function way(node: Node, nodes: readonly Node[]): Html | null {
  if (node.depth === null || node.depth === 1) return null;
  const steps = wayTo(node, nodes, MOST_NAMES);
  return html`${node.depth > steps.length ? '... > ' : null}${joined(linksTo(steps, nodes), ' > ')}`;
}

function names(indices: readonly number[], nodes: readonly Node[]): Html | null {
  if (indices.length === 0) return null;
  const more = indices.length - MOST_NAMES;
  return html`${joined(linksTo(indices.slice(0, MOST_NAMES), nodes), ', ')}${more > 0 ? ` and ${more} more` : null}`;
}

function linksTo(indices: readonly number[], nodes: readonly Node[]): Html[] {
  return indices.flatMap((index) => {
    const node = nodes[index];
    return node === undefined ? [] : [nameLink(node)];
  });
}
