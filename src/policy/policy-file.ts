import { conventionsOf, ECOSYSTEMS } from '../ecosystems/conventions/index.ts';
import { CAPABILITIES, type Capability } from '../model/capability.ts';
import { FINDING_CODES, FINDING_KINDS } from '../model/finding.ts';
import type { TextMatch } from '../model/match.ts';
import {
  IDENTITY_FIELDS,
  PROVENANCE_DEMANDS,
  type CapabilityRule,
  type CriticalCapability,
  type ExpectRule,
  type IdentityField,
  type LevelRule,
  type MirrorRule,
  type PackageSelector,
  type Policy,
  type PrivateRegistryRule,
  type Since,
} from '../model/policy.ts';
import { parseInstant } from '../model/time.ts';
import { PHASES, type Level } from '../model/verdict.ts';
import { refuseConflicts } from './conflicts.ts';
import { PolicyError } from '../readers/file-error.ts';
import {
  addressOf,
  entriesOf,
  fail,
  fieldsOf,
  itemsOf,
  packagesOf,
  POLICY_KEYS,
  REGISTRIES_KEYS,
  selector,
  selectorOf,
  textOf,
  wholeNumberOf,
  wordOf,
  wrong,
  type Place,
} from './read.ts';
import { reviewOf } from './review-rules.ts';
import { instanceNameOf, trustOf } from './trust-rules.ts';
import { parseYaml } from '../readers/yaml.ts';

const LEVELS: readonly Level[] = ['error', 'warning', 'note'];
const REDIRECT = 'the http or https address that registries redirect to, without credentials and query';
const MAX_RELEASE_AGE = 8760;

/**
 * Reads a policy file (docs/policy.md, docs/schemas/policy-1.schema.json). `file` is the name that errors report.
 * Throws PolicyError, and nothing else, for a file that cannot be used: unknown keys, wrong values, and rules that
 * contradict each other or could never apply.
 */
export function parsePolicy(file: string, bytes: Uint8Array): Policy {
  const root = fieldsOf({ file, what: '', node: parsePolicyYaml(file, bytes) }, POLICY_KEYS);
  const registries = root.registries && fieldsOf(root.registries, REGISTRIES_KEYS);
  const policy: Policy = {
    file,
    enforce: root.enforce ? wordOf(root.enforce, PHASES) : null,
    critical: root.critical ? criticalOf(root.critical) : null,
    capabilities: root.capabilities ? capabilityRulesOf(root.capabilities) : [],
    expect: root.expect ? expectOf(root.expect) : [],
    findings: root.findings ? itemsOf(root.findings, 'mappings with code, level and reason').map(levelRuleOf) : [],
    mirrors: registries?.mirrors ? itemsOf(registries.mirrors, 'mappings with url and of').map(mirrorOf) : [],
    privateRegistries: registries?.private
      ? itemsOf(registries.private, 'mappings with url and keys').map(privateRegistryOf)
      : [],
    redirects: registries?.redirects
      ? itemsOf(registries.redirects, 'addresses').map((place) => addressOf(place, REDIRECT))
      : [],
    exempt: registries?.exempt ? packagesOf(registries.exempt) : [],
    ...trustOf(root.trust),
    releaseAge: root['release-age'] ? wholeNumberOf(root['release-age'], 1, MAX_RELEASE_AGE) : null,
    review: root.review ? reviewOf(root.review) : null,
    advisories: root.advisories ? advisoriesOf(root.advisories) : [],
  };
  refuseConflicts(policy);
  return policy;
}

function advisoriesOf(place: Place): readonly string[] {
  const paths = itemsOf(place, 'paths of folders or zip archives with advisories').map((item, i, items) => {
    const path = textOf(item, 'the path of a folder or zip archive with advisories');
    const isTwice = items.slice(0, i).some(({ node }) => node.kind === 'scalar' && node.value === path);
    return isTwice ? fail(item, `advisories has ${path} twice`) : path;
  });
  return paths;
}

function parsePolicyYaml(file: string, bytes: Uint8Array): Place['node'] {
  const node = parseYaml(file, bytes);
  if (node.kind !== 'map') throw new PolicyError(file, node.line, 'a policy is a mapping, such as "enforce: critical"');
  return node;
}

function criticalOf(place: Place): NonNullable<Policy['critical']> {
  const items = itemsOf(place, 'package names, globs, the word direct, or capabilities');
  const isDirect = ({ node }: Place): boolean => node.kind === 'scalar' && node.value === 'direct';
  const isCapability = ({ node }: Place): boolean => node.kind === 'map';
  const direct = items.filter(isDirect);
  if (direct[1] !== undefined) fail(direct[1], 'direct is already in the list');
  return {
    direct: direct.length > 0,
    packages: items.filter((item) => !isDirect(item) && !isCapability(item)).map(selectorOf),
    capabilities: items.filter(isCapability).flatMap(criticalCapabilitiesOf),
  };
}

/** `capability: network`, or a list of such words. */
function criticalCapabilitiesOf(item: Place): readonly CriticalCapability[] {
  const { capability } = fieldsOf(item, ['capability']);
  if (capability === undefined) return wrong(item, 'a mapping with capability');
  const words = capability.node.kind === 'list' ? itemsOf(capability, 'capabilities') : [capability];
  return words.map((word) => ({ capability: wordOf(word, CAPABILITIES), line: word.node.line }));
}

function capabilityRulesOf(place: Place): readonly CapabilityRule[] {
  return [...entriesOf(place, 'a mapping from package names to lists of capabilities')].map(
    ([name, { line, value }]) => {
      const what = `capabilities of ${name}`;
      return { packages: selector(place, name, line), capabilities: statedOf({ file: place.file, what, node: value }) };
    },
  );
}

/** A list that may be empty, which says that there are none. */
function statedOf(place: Place): readonly Capability[] {
  if (place.node.kind === 'list' && place.node.items.length === 0) return [];
  const items = itemsOf(place, CAPABILITIES.join(', '));
  const words = items.map((item) => wordOf(item, CAPABILITIES));
  const twice = words.find((word, i) => words.indexOf(word) < i);
  return twice === undefined ? words : fail(place, `${place.what} has ${twice} twice`);
}

function expectOf(place: Place): readonly ExpectRule[] {
  return [...entriesOf(place, 'a mapping from package names to what is expected of them')].map(
    ([name, { line, value }]) => {
      const packages = selector(place, name, line);
      const keys = [...IDENTITY_FIELDS, 'instance', 'provenance', 'since'] as const;
      const fields = fieldsOf({ file: place.file, what: `expect of ${name}`, node: value }, keys);
      const identity: Partial<Record<IdentityField, TextMatch>> = {};
      for (const field of IDENTITY_FIELDS) {
        const wanted = fields[field];
        if (wanted !== undefined) identity[field] = factOf(field, wanted);
      }
      if (fields.since && !fields.provenance) fail(fields.since, 'since goes with provenance, which is not given');
      const demand = fields.provenance ? wordOf(fields.provenance, PROVENANCE_DEMANDS) : null;
      if (demand === 'optional' && fields.since)
        fail(fields.since, 'since makes no sense where provenance is optional');
      const since = fields.since ? sinceOf(fields.since, packages) : null;
      const instance = fields.instance ? instanceNameOf(fields.instance) : null;
      return { packages, identity, instance, provenance: demand === null ? null : { demand, since } };
    },
  );
}

/**
 * What the exact value of a fact looks like in a certificate: another one could never match. `start`: how each of them
 * starts.
 */
const FACTS: Readonly<
  Record<
    Exclude<IdentityField, 'runner'>,
    { readonly form: RegExp; readonly accepted: string; readonly start?: string }
  >
> = {
  repository: {
    form: /^https:\/\/[^/\s]+\/[^\s]*[^/\s]$/,
    accepted: 'the https address of a repository, without a slash at its end',
    start: 'https://',
  },
  workflow: { form: /^[^/\s].*$/, accepted: 'the path of a workflow, such as .github/workflows/release.yml' },
  ref: { form: /^refs\/.+$/, accepted: 'a full ref, such as refs/heads/main', start: 'refs/' },
  issuer: { form: /^https:\/\/\S+$/, accepted: 'the https address of an issuer', start: 'https://' },
  owner: { form: /^https:\/\/[^/\s]+\/[^\s]*[^/\s]$/, accepted: 'the https address of an owner', start: 'https://' },
  trigger: { form: /^\S+$/, accepted: 'the name of an event, such as push' },
  signer: { form: /^\S+$/, accepted: 'the address of the workflow that signs, with @ and its ref' },
};

/** A fact that is wanted, or with `not` one that is not. */
function factOf(field: IdentityField, place: Place): TextMatch {
  const { node } = place;
  const { not } = node.kind === 'map' ? fieldsOf(place, ['pattern', 'not']) : {};
  if (not === undefined) return wantedFact(field, place);
  if (node.kind === 'map' && node.entries.size > 1) fail(place, `${field} takes pattern or not, one of the two`);
  const unwanted = wantedFact(field, not);
  if (field !== 'runner' && unwanted.kind === 'pattern') refuseVain(field, unwanted.text, not);
  return { ...unwanted, not: true };
}

/** Rejects a `not` that can never match, or always matches. */
function refuseVain(field: keyof typeof FACTS, pattern: string, place: Place): void {
  const { start = '' } = FACTS[field];
  const literal = pattern.slice(0, pattern.indexOf('*'));
  if (!literal.startsWith(start.slice(0, literal.length))) {
    fail(place, `${pattern} rules nothing out: every ${field} starts with ${start}`);
  }
  if (pattern === '**' || pattern === `${start}**`) fail(place, `${pattern} rules every ${field} out`);
}

function wantedFact(field: IdentityField, place: Place): TextMatch {
  if (field === 'runner') return { kind: 'exact', text: wordOf(place, ['hosted', 'self-hosted']) };
  const { form, accepted } = FACTS[field];
  if (place.node.kind === 'map') {
    const { pattern } = fieldsOf(place, ['pattern']);
    if (pattern === undefined) return wrong(place, `${accepted}, or a pattern`);
    const text = textOf(pattern, 'text with *');
    if (!text.includes('*')) fail(pattern, `a pattern without * is the text itself: write ${place.what}: ${text}`);
    if (text.includes('***')) fail(pattern, 'a pattern takes * (anything but a slash) or ** (anything)');
    return { kind: 'pattern', text };
  }
  const text = textOf(place, `${accepted}, or a pattern`);
  if (text.includes('*'))
    fail(place, `${place.what} is exact, so that its * means a star: write pattern: ${text} inside it`);
  if (field === 'repository' && text.endsWith('.git')) fail(place, 'a certificate names a repository without .git');
  return form.test(text) ? { kind: 'exact', text } : wrong(place, accepted);
}

/** A version as the ecosystem of the packages writes it, as any does where the rule is about every package. */
function sinceOf(place: Place, { ecosystem }: PackageSelector): Since {
  const accepted = 'a version such as 1.2.0 or a date such as 2026-01-31';
  const text = textOf(place, accepted);
  const time = parseInstant(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text);
  if (time !== null) return { kind: 'time', time };
  const isVersion = (ecosystem === null ? ECOSYSTEMS : [ecosystem]).some(
    (one) => conventionsOf(one).versions.parse(text)?.text === text,
  );
  return isVersion ? { kind: 'version', version: text } : wrong(place, accepted);
}

function levelRuleOf(place: Place): LevelRule {
  const fields = fieldsOf(place, ['code', 'level', 'reason', 'packages']);
  if (!fields.code || !fields.level) return fail(place, 'an entry of findings needs code, level and reason');
  if (!fields.reason)
    return fail(place, 'a level needs its reason: write reason: and why, for those who read it later');
  const code = wordOf(fields.code, FINDING_CODES, 'one of the codes that assay explain lists');
  const level = wordOf(fields.level, LEVELS);
  const kind = FINDING_KINDS[code];
  if (level !== 'error' && kind === 'contradiction') {
    fail(fields.level, `${code} is a contradiction, which no policy can lower`);
  }
  if (level !== 'error' && kind === 'unavailable') {
    fail(fields.level, `${code} cannot be lowered: without an answer there is no statement`);
  }
  const { line } = place.node;
  const packages = fields.packages ? packagesOf(fields.packages) : [selector(place, '*', line)];
  return { code, level, reason: textOf(fields.reason, 'one line of text'), packages, line };
}

function mirrorOf(place: Place): MirrorRule {
  const { url, of } = fieldsOf(place, ['url', 'of']);
  if (!url || !of) return fail(place, 'a mirror needs url and of, the address it stands for');
  const rule = { url: addressOf(url), of: addressOf(of), line: url.keyLine };
  return rule.url === rule.of ? fail(url, 'a mirror cannot stand for itself') : rule;
}

function privateRegistryOf(place: Place): PrivateRegistryRule {
  const { url, keys } = fieldsOf(place, ['url', 'keys']);
  if (!url) return fail(place, 'a private registry needs url');
  return { url: addressOf(url), keys: keys ? textOf(keys, 'the path of a file with keys') : null, line: url.keyLine };
}
