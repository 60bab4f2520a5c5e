import type { Command, Commands, Edit, ManagerCommands, Steps } from '../../ecosystems/conventions/conventions.ts';
import { commandsOf, conventionsOf } from '../../ecosystems/conventions/index.ts';
import { SHOWN_IDENTITY, type Comparison, type VersionFacts } from '../../model/comparison.ts';
import type { FindingCode } from '../../model/finding.ts';
import { nameOf } from '../../model/package.ts';
import { withoutRef } from '../../model/proof.ts';
import { escapeText } from './escape.ts';
import { plainSpec } from './messages.ts';

/**
 * What a person can decide about a version, with what to copy. Everything in it is shell-safe, and printable as it is:
 * what hostile text would be part of is left out.
 */
export interface Decision {
  /**
   * `stay` on the version before; `update` to a later one that has provenance again; `accept` this one; `expect`
   * this builder from now on; `ask` the project.
   */
  readonly decision: 'stay' | 'update' | 'accept' | 'expect' | 'ask';
  /** When it applies, or what to know about it; null where the decision says it. */
  readonly note: string | null;
  /** What a file of the project needs before the commands; null where nothing. */
  readonly edit: Edit | null;
  /** In this order. */
  readonly commands: readonly Command[];
  /** Lines of assay.yml. */
  readonly policy: readonly string[];
  readonly url: string | null;
}

/** The decisions there are, none where nothing asks for one. */
export function decisionsOf(comparison: Comparison): readonly Decision[] {
  if (comparison.codes.length === 0) return [];
  return [
    ...stay(comparison),
    ...update(comparison),
    ...accept(comparison),
    ...expectFromNowOn(comparison),
    ...ask(comparison),
  ];
}

/** Where the difference between the two versions can be read: a command that shows it, and the address at the forge. */
export function diffOf(comparison: Comparison): { readonly command: Command | null; readonly url: string | null } {
  const { name, registry, current, predecessor, use } = comparison;
  const before = spec(name, predecessor?.version ?? null);
  const now = spec(name, current.version);
  const manager = use?.manager ?? null;
  return {
    command:
      before === null || now === null || before === now
        ? null
        : ecosystemCommands(comparison).diff({ name, before, now, registry, manager }),
    url: predecessor === null ? null : compareAddress(predecessor, current),
  };
}

function stay(comparison: Comparison): Decision[] {
  const { stay: version, predecessor } = comparison;
  if (version === null) return [];
  const isShown = version === predecessor?.version && ['proven', 'recorded'].includes(predecessor.provenance);
  const unproven = isShown ? null : `nothing here shows who built ${escapeText(version, 60)}`;
  return byUse(comparison).flatMap(({ direct, when }) =>
    stepsOf('stay', direct ? pin(comparison, version) : override(comparison, version), [when, unproven]),
  );
}

function update(comparison: Comparison): Decision[] {
  const { later } = comparison;
  if (later?.state !== 'proven') return [];
  const verified = 'verified by the next audit';
  return byUse(comparison).flatMap(({ direct, when }) => {
    if (direct) return stepsOf('update', pin(comparison, later.version), [when, verified]);
    const newest = updateByName(comparison);
    return newest === null
      ? stepsOf('update', override(comparison, later.version), [when, verified])
      : stepsOf('update', newest, [when, `the newest its dependents allow, ${verified}`]);
  });
}

function stepsOf(word: Decision['decision'], steps: Steps | null, notes: readonly (string | null)[]): Decision[] {
  if (steps === null) return [];
  const known = [...notes, steps.note].filter((note) => note !== null);
  return [decision(word, { ...steps, note: known.length === 0 ? null : known.join('; ') })];
}

/** Without a project, both ways of using it. */
function byUse({ use }: Comparison): readonly { readonly direct: boolean; readonly when: string | null }[] {
  if (use !== null) return [{ direct: use.direct, when: null }];
  return [
    { direct: true, when: 'where the project itself depends on it' },
    { direct: false, when: 'where only other packages do' },
  ];
}

function ecosystemCommands({ ecosystem }: Comparison): Commands {
  return conventionsOf(ecosystem).commands;
}

function commandsFor(comparison: Comparison): ManagerCommands {
  const { use } = comparison;
  return use === null ? ecosystemCommands(comparison).own : commandsOf(use.manager);
}

function pin(comparison: Comparison, version: string): Steps | null {
  const target = spec(comparison.name, version);
  const alias = comparison.use?.alias ?? null;
  if (target === null || (alias !== null && spec(alias, version) === null)) return null;
  const wanted = alias === null ? target : (ecosystemCommands(comparison).underAlias?.(alias, target) ?? null);
  if (wanted === null) return null;
  return { edit: null, commands: [commandsFor(comparison).pin(wanted)], note: null };
}

function override(comparison: Comparison, version: string): Steps | null {
  const { name } = comparison;
  if (!isAskedByName(comparison) || spec(name, version) === null) return null;
  return commandsFor(comparison).override(name, version);
}

function updateByName(comparison: Comparison): Steps | null {
  const command = commandsFor(comparison).update;
  if (command === null || !isAskedByName(comparison)) return null;
  return { edit: null, commands: [command(comparison.name)], note: null };
}

/** An override names what is asked for, and an alias asks for something else. */
function isAskedByName({ name, use, current }: Comparison): boolean {
  return spec(name, current.version) !== null && (use?.alias ?? null) === null;
}

function accept({ ecosystem, name, current, acceptable }: Comparison): Decision[] {
  const { version } = current;
  const target = version === null ? null : plainSpec({ ecosystem, name, version });
  if (target === null || !acceptable) return [];
  return [decision('accept', { commands: [['assay', 'accept', target, '--reason', '"..."']] })];
}

function ask({ predecessor }: Comparison): Decision[] {
  const url = releasesAddress(predecessor?.repository ?? null);
  return url === null ? [] : [decision('ask', { url })];
}

type PolicyFact = 'repository' | 'workflow' | 'signer' | 'ref' | 'trigger' | 'runner' | 'issuer';

/** The facts a policy has to name so that a finding is no more; ids cannot be named. */
const FACTS: Readonly<Partial<Record<FindingCode, readonly PolicyFact[]>>> = {
  'identity-unexpected-issuer': ['issuer', 'repository', 'workflow'],
  'identity-unexpected-repository': ['repository', 'workflow'],
  'identity-owner-changed': ['repository', 'workflow'],
  'identity-unexpected-workflow': ['repository', 'workflow', 'signer'],
  'identity-unexpected-ref': ['ref'],
  'identity-unexpected-trigger': ['trigger'],
  'identity-unexpected-runner': ['runner'],
  'identity-self-hosted-runner': ['runner'],
};

/** Codes about an account or repository that has its name from another one. */
const BY_ID: readonly FindingCode[] = ['identity-unexpected-repository', 'identity-owner-changed'];

function expectFromNowOn(comparison: Comparison): Decision[] {
  const { name, current, predecessor, codes, expectedBy } = comparison;
  const target = spec(name, current.version);
  // Projects do not release from pull requests.
  if (current.ref?.startsWith('refs/pull/') === true) return [];
  const sameName = predecessor !== null && current.repository === predecessor.repository && expectedBy !== 'policy';
  if (target === null || current.provenance !== 'proven' || codes.some((code) => sameName && BY_ID.includes(code)))
    return [];
  const wanted = new Set(codes.flatMap((code) => FACTS[code] ?? []));
  const facts = SHOWN_IDENTITY.flatMap((fact) => {
    const value = fact !== 'commit' && wanted.has(fact) ? current[fact] : null;
    return value === null ? [] : [{ fact, value }];
  });
  // A value that is shown escaped is not the value to expect.
  if (facts.length === 0 || !facts.every(({ value }) => isPlain(value))) return [];
  const policy = [
    'expect:',
    `  ${quoted(nameOf(comparison))}:`,
    ...facts.flatMap(({ fact, value }) => policyLines(fact, value)),
  ];
  const note = expectedBy === 'policy' ? 'in place of what assay.yml expects now' : 'in assay.yml';
  return [decision('expect', { policy, note })];
}

/** The ref of a reusable workflow is another one with each of its releases. */
function policyLines(fact: string, value: string): string[] {
  if (fact !== 'signer') return [`    ${fact}: ${quoted(value)}`];
  if (value.includes('*')) return [`    signer: ${quoted(value)}`];
  return ['    signer:', `      pattern: ${quoted(`${withoutRef(value)}@**`)}`];
}

function isPlain(value: string): boolean {
  return /^[\x20-\x7e]+$/.test(value) && escapeText(value) === value;
}

/** A YAML scalar that is text whatever is in it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

const REPOSITORY = /^https:\/\/(github|gitlab)\.com(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9_.-]+){2,}$/;
const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** Only of the repository and between the commits that certificates prove. */
function compareAddress(before: VersionFacts, now: VersionFacts): string | null {
  const { repository } = now;
  if (before.provenance !== 'proven' || now.provenance !== 'proven') return null;
  if (repository === null || repository !== before.repository || before.commit === null || now.commit === null)
    return null;
  const forge = REPOSITORY.exec(repository)?.[1];
  if (forge === undefined || ![before.commit, now.commit].every((commit) => COMMIT.test(commit))) return null;
  return `${repository}/${forge === 'gitlab' ? '-/' : ''}compare/${before.commit}...${now.commit}`;
}

function releasesAddress(repository: string | null): string | null {
  const forge = REPOSITORY.exec(repository ?? '')?.[1];
  return forge === undefined ? null : `${repository ?? ''}/${forge === 'gitlab' ? '-/' : ''}releases`;
}

function spec(name: string, version: string | null): string | null {
  return version === null ? null : plainSpec({ name, version });
}

function decision(word: Decision['decision'], parts: Partial<Decision>): Decision {
  return { decision: word, note: null, edit: null, commands: [], policy: [], url: null, ...parts };
}
