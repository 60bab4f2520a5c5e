import { isAcceptable } from '../../model/baseline.ts';
import { placeOf, type CapabilityPlace } from '../../model/capability.ts';
import type { Dependency } from '../../model/dependency.ts';
import type { Finding, FindingArgs, FindingCode } from '../../model/finding.ts';
import { DEFAULT_ECOSYSTEM, nameOf, specOf, type Ecosystem } from '../../model/package.ts';
import type { Report } from '../../model/report.ts';
import type { Critical, LeveledFinding } from '../../model/verdict.ts';
import { conventionsOf } from '../../ecosystems/conventions/index.ts';
import { escapeText } from './escape.ts';
import { TEXTS } from './texts.ts';

/** The package version a finding is about, as the lockfile names it: unescaped. */
export interface Subject {
  /** npm's where left out. */
  readonly ecosystem?: Ecosystem;
  readonly name: string;
  readonly version: string;
}

interface ArgsOf<C extends FindingCode> {
  readonly code: C;
  readonly args: Readonly<FindingArgs[C]>;
}

/** The lockfile that a finding is about as a whole: unescaped. */
export interface FileSubject {
  readonly file: string;
}

/** What a person reads about one finding. Both texts are escaped. */
interface Description {
  /** One sentence: what was found and why it matters. */
  readonly message: string;
  /** The next command or action. */
  readonly help: string;
}

/** Names and versions that mean only themselves in a shell; others are never put into a command to be copied. */
const SHELL_PLAIN =
  /^(?:[a-z]+:)?(?:@[A-Za-z0-9_][\w.-]*\/)?[A-Za-z0-9_][\w.-]*(?:\/[A-Za-z0-9_][\w.~-]*)*@[0-9A-Za-z][\w.+-]*$/;

/** What the policy has decided of a finding already. */
type Standing = Partial<Pick<LeveledFinding, 'lowered'>>;

/** The words for a finding about `subject`. */
export function describe(finding: Finding & Standing, subject: Subject | FileSubject): Description {
  return {
    message: `${subjectText(subject)} ${findingClause(finding, subject)}; ${TEXTS[finding.code].why}.`,
    help: helpFor(finding, subject),
  };
}

/**
 * What is wrong with the lockfiles themselves, where a command says nothing else of them: a line each, escaped. What
 * a registry leaves out is no fault of a lockfile: `silentTexts` says it.
 */
export function lockfileErrors({ lockfiles }: Pick<Report, 'lockfiles'>): readonly string[] {
  const errors = lockfiles.flatMap(({ findings }) =>
    findings.filter(({ finding }) => finding.level === 'error' && finding.code !== 'evidence-not-served'),
  );
  return errors.map(({ place, finding }) => describe(finding, place).message);
}

/** Why dependencies fail, but those left out of account: a line for each reason, escaped. */
export function dependencyErrors(
  { dependencies }: Pick<Report, 'dependencies'>,
  isSaid: (dependency: Dependency) => boolean,
): readonly string[] {
  const failing = dependencies.filter(({ verdict, dependency }) => verdict === 'fail' && !isSaid(dependency));
  const lines = failing.flatMap(({ dependency, findings }) =>
    findings
      .filter(({ level, accepted }) => level === 'error' && accepted === undefined)
      .map((one) => describe(one, dependency).message),
  );
  return [...new Set(lines)];
}

/** A few words that name a finding of this code, without its arguments. */
export function findingTitle(code: FindingCode): string {
  return TEXTS[code].title;
}

/** Why findings of this code matter; completes a sentence. */
export function findingReason(code: FindingCode): string {
  return TEXTS[code].why;
}

/** What was found, with the dependency as the missing subject: "has no provenance, but ...". Escaped. */
export function findingClause<C extends FindingCode>(finding: ArgsOf<C>, subject: Subject | FileSubject): string {
  const ecosystem = 'file' in subject ? DEFAULT_ECOSYSTEM : (subject.ecosystem ?? DEFAULT_ECOSYSTEM);
  return TEXTS[finding.code].clause(finding.args, conventionsOf(ecosystem).archive);
}

/**
 * The clause of a finding in words that fit other dependencies, too: "..." stands for the name and the version in
 * addresses that assay or a package manager makes of them. Nothing else is left out.
 */
export function sharedClause<C extends FindingCode>(finding: ArgsOf<C>, subject: Subject): string {
  const args = Object.entries(finding.args).map(([name, value]: [string, unknown]) => [
    name,
    typeof value === 'string' ? withoutOwn(value, subject) : value,
  ]);
  return findingClause({ code: finding.code, args: Object.fromEntries(args) as FindingArgs[C] }, subject);
}

function withoutOwn(text: string, { name, version }: Subject): string {
  if (!/^https?:/.test(text)) return text;
  // A name from a lockfile can have half a surrogate pair, which no address has: Buffer replaces it.
  const encoded = encodeURIComponent(Buffer.from(name).toString());
  const names = [name, name.replace('/', '%2f'), name.replace('/', '%2F'), encoded];
  const tarball = `-/${name.replace(/^.*\//, '')}-${version}.tgz`;
  const own = names
    .flatMap((each) => [each, `${each}@${version}`, `${each}/${version}`, `${each}/${tarball}`])
    .find((end) => text.endsWith(`/${end}`));
  return own === undefined ? text : `${text.slice(0, -own.length)}...`;
}

/** `name@version`, of another ecosystem than npm `ecosystem:name@version`; or the file. Escaped. */
export function subjectText(subject: Subject | FileSubject, max = 120): string {
  if ('file' in subject) return escapeText(subject.file, max);
  return `${escapeText(shownName(subject), max)}@${escapeText(subject.version, 60)}`;
}

function shownName({ ecosystem = DEFAULT_ECOSYSTEM, name }: Subject): string {
  return nameOf({ ecosystem, name });
}

/** `name@version` to be part of a command; null where it is too long, or means something to a shell. */
export function plainSpec(subject: Subject): string | null {
  const spec = specOf({ ecosystem: DEFAULT_ECOSYSTEM, ...subject });
  return spec.length <= 120 && SHELL_PLAIN.test(spec) ? spec : null;
}

/** By which capability something is critical, and what shows it. Escaped. */
export function capabilityText({ capability, reading }: Extract<Critical, { by: 'capability' }>): string {
  const place = placeOf(reading, capability);
  if (place !== null) return `${capability}, as ${placeText(place)}`;
  switch (reading.source) {
    case 'tarball':
      return `${capability}, as assay.lock has of another version`;
    case 'baseline':
      return `${capability}, as assay.lock has it`;
    case 'policy':
      return `${capability}, as the policy says`;
    case 'unknown':
      return `what it can reach is unknown (${escapeText(reading.reason, 120)})`;
  }
}

/** `FILE:LINE shows: CODE`, escaped. */
function placeText({ file, line, text }: CapabilityPlace): string {
  return `${escapeText(file, 100)}:${line} shows: ${escapeText(text, 80)}`;
}

/** The next step where `assay check` shows it already, without a project. */
export function helpWhenChecked(finding: Finding & Standing, subject: Subject | FileSubject): string {
  const { help } = describe(finding, subject);
  const spec = 'file' in subject ? null : plainSpec(subject);
  if (spec === null || !help.endsWith(`assay check ${spec}`)) return help;
  const explained = `${help.slice(0, -`assay check ${spec}`.length)}assay explain ${finding.code}`;
  const accept = `assay accept ${spec} --reason "..."`;
  return isAcceptable(finding.code) ? `${explained}; then, where a project locks it: ${accept}` : explained;
}

/** The next command or action. Escaped. */
export function helpFor<C extends FindingCode>(
  { code, args, lowered }: ArgsOf<C> & Standing,
  subject: Subject | FileSubject,
): string {
  const spec = 'file' in subject ? null : plainSpec(subject);
  const explain = `assay explain ${code}`;
  // The registry did answer, and will not say anything else the next time.
  if ('absent' in args) return explain;
  const { next } = TEXTS[code];
  switch (typeof next === 'function' ? next(args) : next) {
    case 'explain':
      return explain;
    case 'check':
      return spec !== null ? `assay check ${spec}` : explain;
    // What is published may be as it should be, so that to check it would only reassure.
    case 'refuse':
      return `Do not install it. ${explain}`;
    case 'stop':
      return `Do not install it. ${spec !== null ? `assay check ${spec}` : explain}`;
    case 'registry':
      return `Ask the registry behind it: --registry URL; ${toleranceText(code, 'where none signs', lowered)}more: ${explain}`;
    case 'proxy':
      return (
        `${'of' in args ? 'That index says it of every file' : 'That registry signs every version'}, so a proxy answered in its name: ask who runs it; ` +
        `${toleranceText(code, 'until it is mended', lowered)}more: ${explain}`
      );
    case 'index':
      return (
        'Ask an index that passes attestations on, for this run: UV_DEFAULT_INDEX, or PIP_INDEX_URL for requirements; ' +
        `${toleranceText(code, 'where none does', lowered)}more: ${explain}`
      );
    case 'trust':
      return `assay trust refresh, and the same command again; if the answer stays away: ${explain}`;
    case 'clock':
      return `Set this machine's clock, and run the same command again; if that does not help: ${explain}`;
    case 'hosts':
      return 'assay trust hosts lists what a firewall has to allow; allow that, or name a mirror as the registry';
    case 'proxy-off':
      return (
        'Name a module proxy for this run: GOPROXY=https://proxy.golang.org assay audit; ' +
        'with --evidence FILE of assay pack it is asked nothing'
      );
    case 'pack':
      return `Make the pack anew where the network is (assay pack), and run the same command with that one; more: ${explain}`;
    case 'again':
      return `Run the same command again; if the answer stays away: ${explain}`;
  }
}

/** How a team lets a finding pass, where it has not done that yet. Empty or with its separator. */
function toleranceText(code: FindingCode, when: string, lowered: Standing['lowered']): string {
  switch (lowered) {
    case 'held':
      return '';
    case 'outranked':
      return 'assay.yml lets it pass, but provenance is demanded, which nothing here can show; ';
    case undefined:
      return `or, ${when}, tolerate it in assay.yml: findings: [{ code: ${code}, level: note, reason: ... }]; `;
  }
}
