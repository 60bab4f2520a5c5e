import type { Finding, FindingArgs, FindingCode } from '../model/finding.ts';
import { escapeText } from './escape.ts';
import { TEXTS } from './texts.ts';

/** The package version a finding is about, as the lockfile names it: unescaped. */
export interface Subject {
  readonly name: string;
  readonly version: string;
}

/** What a person reads about one finding. Both texts are escaped. */
interface Description {
  /** One sentence: what was found and why it matters. */
  readonly message: string;
  /** The next command or action. */
  readonly help: string;
}

/** Names and versions that mean only themselves in a shell; others are never put into a command to be copied. */
const SHELL_PLAIN = /^(?:@[A-Za-z0-9_][\w.-]*\/)?[A-Za-z0-9_][\w.-]*@[0-9A-Za-z][\w.+-]*$/;

/** The words for a finding about `dependency`. */
export function describe(finding: Finding, dependency: Subject): Description {
  return {
    message: `${subjectText(dependency)} ${findingClause(finding)}; ${TEXTS[finding.code].why}.`,
    help: helpFor(finding.code, dependency),
  };
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
export function findingClause<C extends FindingCode>(finding: { code: C; args: Readonly<FindingArgs[C]> }): string {
  return TEXTS[finding.code].clause(finding.args);
}

/** `name@version`, escaped. */
export function subjectText(subject: Subject, max = 120): string {
  return `${escapeText(subject.name, max)}@${escapeText(subject.version, 60)}`;
}

/** `name@version` where it can be part of a command to be copied, else null. */
export function plainSpec(subject: Subject): string | null {
  const spec = `${subject.name}@${subject.version}`;
  return spec.length <= 120 && SHELL_PLAIN.test(spec) ? spec : null;
}

function helpFor(code: FindingCode, subject: Subject): string {
  const spec = plainSpec(subject) ?? '';
  const explain = `assay explain ${code}`;
  const short = spec !== '';
  switch (TEXTS[code].next) {
    case 'explain':
      return explain;
    case 'check':
      return short ? `assay check ${spec}` : explain;
    case 'stop':
      return `Do not install it. ${short ? `assay check ${spec}` : explain}`;
    case 'upstream':
      return short ? `assay check ${spec} --registry https://registry.npmjs.org` : explain;
    case 'again':
      return `Run the same command again; if the answer stays away: ${explain}`;
  }
}
