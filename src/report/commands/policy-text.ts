import { CAPABILITIES, hasCapability, placeOf, type CapabilityReading } from '../../model/capability.ts';
import type { Proposal, ProposedRegistries } from '../../model/proposal.ts';
import { DEFAULT_PHASE } from '../../model/verdict.ts';
import { escapeText, toAscii } from '../words/escape.ts';
import { blocks, wrap } from '../words/layout.ts';

const COLUMNS = 100;

/** Who owns a file of the project, and where that is written. */
export interface Owner {
  readonly name: string;
  readonly file: string;
}

/** The first `assay.yml` of a project, with comments. What comes from a package stands in comments, escaped. */
export function renderPolicy(proposal: Proposal, owner: Owner | null): string {
  return blocks([
    comment(
      "assay.yml: what is demanded of this project's dependencies. assay init wrote it once; it is yours to change.",
    ),
    [
      ...comment(
        'What fails: observe (contradictions), guard (also provenance that was lost, and an unexpected builder, for every dependency), critical (also no provenance, for the critical set) or all (also no provenance, for every dependency). Each contains the one before: raise it when the report has nothing left that would fail.',
      ),
      `enforce: ${DEFAULT_PHASE}`,
    ],
    criticalLines(proposal),
    expectLines(proposal),
    registryLines(proposal.registries),
    reviewLines(owner),
  ]);
}

/** The registries alone, as a policy; null where there is nothing to say of them. */
export function renderRegistries(registries: ProposedRegistries): string | null {
  const lines = registryLines(registries);
  return lines.length === 0 ? null : `${lines.join('\n')}\n`;
}

/** A rule, so that it holds for what is added tomorrow; what is known of today's dependencies are comments. */
function criticalLines({ able, more, isRead }: Proposal): string[] {
  const reasons = able.map(
    ({ name, dev, reading }) => `${escapeText(name)}${dev ? ' (development)' : ''}: ${capabilitiesText(reading)}`,
  );
  return [
    ...comment(
      `The critical set: every direct dependency, also one that is added later. Packages can be named as well${isRead ? ', and a smaller set is one by what they reach' : ''}.`,
    ),
    'critical:',
    '  - direct',
    ...(isRead
      ? [...comment('In place of direct:', 2), '  # - capability: [install-script, network, process, native]']
      : []),
    ...(reasons.length === 0
      ? []
      : comment('What they reach, as their own files show. A heuristic: what is not listed may reach as much.', 2)),
    ...reasons.flatMap((reason) => comment(reason, 2)),
    ...(more === 0 ? [] : comment(`and ${more} more`, 2)),
  ];
}

/** `network (lib/http.js:3), environment (index.js:7)`, escaped. */
export function capabilitiesText(reading: CapabilityReading): string {
  if (reading.source === 'unknown') return `what it reaches is unknown: ${escapeText(reading.reason, 120)}`;
  return CAPABILITIES.filter((capability) => hasCapability(reading, capability))
    .map((capability) => {
      const place = placeOf(reading, capability);
      return place === null ? capability : `${capability} (${escapeText(place.file, 60)}:${place.line})`;
    })
    .join(', ');
}

function expectLines({ example }: Proposal): string[] {
  if (example === null) return [];
  const { repository, workflow } = example.identity;
  const facts = [
    ...(repository === null ? [] : [`repository: ${yamlText(repository)}`]),
    ...(workflow === null ? [] : [`workflow: ${yamlText(workflow)}`]),
    'provenance: required',
  ];
  return [
    ...comment('Who builds a package. assay.lock has what was seen; state here what you know, such as:'),
    ...['expect:', `  ${yamlText(example.name)}:`, ...facts.map((fact) => `    ${fact}`)].map((line) => `# ${line}`),
  ];
}

function registryLines(registries: ProposedRegistries): string[] {
  const { mirror, exempt } = registries;
  const lines = [
    ...(mirror === null
      ? []
      : [
          ...comment("The configured registry, taken for a mirror of npm's.", 2),
          '  mirrors:',
          `    - url: ${yamlText(mirror)}`,
          '      of: https://registry.npmjs.org/',
        ]),
    ...(registries.private.length === 0
      ? []
      : [
          ...comment('Registries of scopes. One that signs needs its keys as a file: keys: keys.json', 2),
          '  private:',
          ...registries.private.map((url) => `    - url: ${yamlText(url)}`),
        ]),
    ...(exempt.length === 0
      ? []
      : [
          ...comment('Internal packages, which need no provenance.', 2),
          '  exempt:',
          ...exempt.map((glob) => `    - ${yamlText(glob)}`),
        ]),
  ];
  return lines.length === 0 ? [] : ['registries:', ...lines];
}

function reviewLines(owner: Owner | null): string[] {
  const owners = [
    `owners:${owner === null ? '' : ` # as in ${toAscii(escapeText(owner.file, 80))}`}`,
    "  - packages: ['*']",
    `    owner: ${yamlText(owner?.name ?? '@your-team')}`,
  ];
  return [
    ...comment('How long a finding may wait for a decision, and whose it is. Overdue, it fails in every phase.'),
    'review:',
    '  deadline: 48h',
    ...owners.map((line) => (owner === null ? `  # ${line}` : `  ${line}`)),
  ];
}

/** Lines of a comment, in ASCII, so that nothing in it can end it. */
function comment(text: string, indent = 0): string[] {
  const start = `${' '.repeat(indent)}# `;
  return wrap(toAscii(text), COLUMNS - start.length).map((line) => start + line);
}

/** A word that YAML takes for itself as it is; any other text in quotes. */
function yamlText(text: string): string {
  const isPlain =
    /^(?:https?:\/\/)?[A-Za-z.][\w./-]*$/.test(text) &&
    !/^(?:true|false|null|[.+-]?(?:inf|nan)|\.+|\.\d.*)$/i.test(text);
  return isPlain ? text : JSON.stringify(toAscii(text));
}
