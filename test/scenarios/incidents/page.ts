import { PHASES } from '../../../src/model/verdict.ts';
import type { Proven } from './proven.ts';
import type { Found, Told, Upgrade } from './shape.ts';

/** What a team can ask for beyond the default; the page shows it, and every incident is replayed with it. */
export const POLICY = `release-age: 48
findings:
  - code: history-too-new
    level: error
    reason: most bad releases are taken away within two days
  - code: history-install-script-added
    level: error
    reason: a script that is new is read before it runs
  - code: history-exotic-dependency
    level: error
    reason: what is installed comes from the registry
`;

/** What an incident came to. */
export interface Replayed {
  readonly finds: readonly string[];
  readonly beforeFinds: Found;
  readonly statuses: readonly number[];
  /** Errors in the first phase that fails. */
  readonly fails: readonly string[];
  /** Whether the release before fails there for the same. */
  readonly failsAsBefore: boolean;
  /** Errors with the policy three days later. */
  readonly policy: readonly string[];
  /** Whether it is not too new two days long, as nobody says when it was published. */
  readonly isOld: boolean;
}

/** What a tree came to of which everything holds. */
export interface Intact {
  /** In each phase. */
  readonly outcomes: readonly Found[];
  /** What was proven, on whose word. */
  readonly links: readonly string[];
}

/** Everything that the page says. */
export interface Replays {
  /** Incidents of each registry, as people call it. */
  readonly attacks: readonly {
    readonly registry: string;
    readonly rows: readonly (readonly [Told, Replayed])[];
  }[];
  readonly upgrades: readonly (readonly [Upgrade, Upgraded])[];
  readonly proven: readonly (readonly [Proven, Intact])[];
}

/** What a quiet upgrade came to in guard. */
export interface Upgraded {
  readonly day: Found;
  readonly now: Found;
}

/** docs/incidents.md. */
export function incidentsPage(replays: Replays): string {
  const text = pageText(replays);
  const linked = new Set([...text.matchAll(/\[([a-z]+(?:-[a-z]+)+)\](?!\()/g)].map(([, code = '']) => code));
  const links = [...linked].sort().map((code) => `[${code}]: findings/${code}.md\n`);
  return `${text}\n${links.join('')}`;
}

function pageText({ attacks, upgrades, proven }: Replays): string {
  const incidents = attacks.flatMap(({ rows }) => rows);
  const old = attacks.filter(({ rows }) => rows.every(([, { isOld }]) => isOld));
  const quiet = upgrades.filter(([, { day }]) => day[0] === 0).length;
  return `# Incidents, replayed

What assay says of attacks that happened on npm, PyPI, crates.io and with Go modules. \`test/scenarios/incidents.test.ts\`
publishes each of them again, in its public shape, to a registry of its own, audits a lockfile that locks it as a direct
dependency, an hour later and without a policy or a baseline, in each [phase](policy.md#phases), and writes this page from
what it found. Change the test, not the page.

The locked hash was that of what was served in all of them but the last, and on npm the registry's signature was right, too:
npm signs what it accepts. Versions, times and kinds of
accounts are those of public reports and of the registry, as far as they are recorded; what they leave open is filled in to fit.

## Attacks

"Fails in" is the first phase with exit status 1; every later one fails, too. The default is \`guard\`. Findings in brackets are
notes. "With the policy" is what is an error in \`guard\` with the policy below once the release is three days old.

${attacks.map(({ registry, rows }) => `### ${registry}\n\n${attacksTable(rows)}`).join('\n\n')}

The release before each of them passes \`guard\` without a finding, but for these:

${beforeText(incidents)}

As soon as npm, PyPI or crates.io takes a version away, a lockfile that still has it fails in every phase:
[lockfile-version-unknown]. While PyPI has a project in quarantine, it fails from \`guard\` on: [version-removed]. What the
checksum database of Go has once, it has for ever.

## A policy that asks for more

A new or other install script and a dependency from elsewhere are warnings, as most are innocent. Where the provenance is true, they are all there
is to see. A team that would rather look at each of them says so in [assay.yml](policy.md):

\`\`\`yaml
${POLICY}\`\`\`

With it, every one of these attacks fails in \`guard\` for the first two days, for its age alone, but for those on
${old.map(({ registry }) => registry).join(' and ')}, which were old when they were locked. Most were found within hours.

## Upgrades that look alike

Real releases by hand, by maintainers, which a rule that only compares metadata takes for an attack. In \`guard\`, ${quiet} of
${upgrades.length} pass an hour after they were published. The others lost what releases of the months before had, exactly as in an attack with the token of the
usual account; on that day nothing tells the one from the other, and somebody has to decide. When the project has gone on for a
month and left them in place, they pass.

${table(
  ['Release', 'How it was published', 'On its day, in `guard`', 'As documents are now'],
  upgrades.map(([{ name, version, published }, { day, now }]) => [
    `${name} ${version}`,
    published,
    outcome(day),
    outcome(now),
  ]),
)}

## Trees of which everything holds

Beside them, for each registry, two packages with everything that it can prove. They pass every phase without a finding.

${table(
  ['Registry', 'In each phase', 'What is proven'],
  proven.map(([{ title }, { outcomes, links }]) => [
    title,
    [...new Set(outcomes.map(outcome))].join('; '),
    links.join(', '),
  ]),
)}
`;
}

function attacksTable(rows: readonly (readonly [Told, Replayed])[]): string {
  return table(
    [
      'Incident',
      'What was published',
      'What assay finds',
      'Fails in',
      'With the policy',
      'What it could not have seen',
    ],
    rows.map(([incident, replayed]) => [
      incident.title,
      incident.published,
      codes(replayed.finds),
      failsIn(replayed),
      codes(replayed.policy),
      incident.unseen,
    ]),
  );
}

function failsIn({ finds, statuses, fails, failsAsBefore }: Replayed): string {
  const first = PHASES.find((_, i) => statuses[i] === 1);
  if (first === undefined) return finds.length === 0 ? 'none' : 'none: warnings in every phase';
  return `\`${first}\`, for ${codes(fails)}${failsAsBefore ? ', as the release before it' : ''}`;
}

function beforeText(incidents: readonly (readonly [Told, Replayed])[]): string {
  const known = incidents
    .filter(([, { beforeFinds }]) => beforeFinds.length > 1)
    .map(([{ name, before }, { beforeFinds }]) => `- ${name} ${before} ${outcome(beforeFinds)}`);
  return [...new Set(known)].join('\n');
}

function outcome([status, ...finds]: Found): string {
  return `${status === 0 ? 'passes' : 'fails'}: ${codes(finds)}`;
}

/** With a link to the page of each; notes in brackets. */
function codes(found: readonly string[]): string {
  if (found.length === 0) return 'nothing';
  const linked = found.map((one) => {
    const [, of = '', code = '', note] = /^(.+: )?([a-z-]+)( \(note\))?$/.exec(one) ?? [];
    const link = `${of}[${code}]`;
    return note === undefined ? link : `(${link})`;
  });
  return linked.join(', ');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}
