import type { Dependency, EntryClaims } from '../../model/dependency.ts';
import type { Manifest } from '../../model/evidence.ts';
import { finding, type Finding } from '../../model/finding.ts';
import { differenceOf, type Difference, type TextRecord } from '../difference.ts';
import { normalSpec } from './manifest.ts';

/**
 * Is this what was asked for? A registry's range may only be answered by that registry's package: anything else in its
 * place runs under a name that somebody else proved.
 */
export function checkSubstitutes({ name, version, substitutes = [] }: Dependency): readonly Finding[] {
  const got = `${name}@${version}`;
  return substitutes.map(({ asked, by, hook }) =>
    hook === undefined
      ? finding('lockfile-substituted', { asked, by, got })
      : finding('lockfile-hook-changed', { field: asked, lockfile: got, registry: asked, hook }),
  );
}

/**
 * Does the entry say what the published manifest says? Package managers install, link and run what the lockfile says
 * without comparing, so that a changed entry brings in packages and commands that nobody published.
 */
export function checkClaims({ claims = [] }: Dependency, manifest: Manifest): readonly Finding[] {
  const found = claims.flatMap((one) => differences(one, manifest));
  const [first, ...others] = found;
  if (first === undefined || others.length === 0) return found;
  // Places that claim the same wrong thing are one finding.
  return [...new Map(found.map((one) => [JSON.stringify(one), one])).values()];
}

function differences(claims: EntryClaims, manifest: Manifest): readonly Finding[] {
  const { hook } = claims;
  const differs = (field: string, difference: Difference | null): Finding | null => {
    if (difference === null) return null;
    const [lockfile, registry] = difference;
    return hook === undefined
      ? finding('lockfile-entry-differs', { field, lockfile, registry })
      : finding('lockfile-hook-changed', { field, lockfile, registry, hook });
  };
  const { dependencies, implied = {}, peerDependencies, bin, hasBin, installScripts } = claims;
  const { answers, peerAnswers = {}, peers: named = [] } = claims;
  const runs = Object.keys(manifest.installScripts).length > 0;
  return [
    dependencies && differs('dependencies', addedSpecs(dependencies, implied, manifest)),
    peerDependencies &&
      differs(
        'peerDependencies',
        differenceOf(
          peers(peerDependencies),
          peers(among(manifest.peerDependencies, peerDependencies), peerDependencies),
        ),
      ),
    ...named
      .filter((name) => !Object.hasOwn(manifest.peerDependencies, name))
      // Package managers add peers that packages forgot; what answers them is judged like any other package.
      .map((name) => finding('lockfile-dependency-added', { name })),
    bin && differs('bin', differenceOf(commands(bin), commands(among(asFolder(manifest.bin, bin), bin)))),
    hasBin === true && Object.keys(manifest.bin).length === 0 ? differs('bin', ['some', '']) : null,
    // The flag has the tarball looked at, which is what was verified; and mirrors leave out that node-gyp builds a
    // package.
    claims.optional && differs('optionalDependencies', differenceOf(claims.optional, optionalAmong(claims, manifest))),
    claims.conditions === undefined ? null : differs('os, cpu, libc', addedConditions(claims.conditions, manifest)),
    installScripts === true && !runs
      ? finding('lockfile-entry-differs', { field: 'scripts', lockfile: 'some', registry: '' }, 'note')
      : null,
    ...(answers === undefined ? [] : checkAnswers(answers, peerAnswers, manifest, differs)),
  ].filter((one) => one !== undefined && one !== null);
}

/**
 * What an entry gets is the package that the manifest asks for by that name; what it gets besides, is worth a look.
 * What is asked for outside of any registry may come from outside; which one that is, nothing published says exactly.
 */
function checkAnswers(
  answers: TextRecord,
  peerAnswers: TextRecord,
  { dependencies, peerDependencies }: Manifest,
  differs: (field: string, difference: Difference) => Finding | null,
): readonly (Finding | null)[] {
  return Object.entries(answers).map(([name, got]) => {
    const own = ownText(dependencies, name);
    const spec = own ?? ownText(peerDependencies, name);
    const isPeer = own === undefined && spec !== undefined;
    if (isPeer && ownText(peerAnswers, name) === got) return null;
    const asked = spec === undefined ? name : (askedName(spec) ?? name);
    const isAnswered = got === asked || (spec !== undefined && isLocator(got) && isOutside(spec));
    if (!isAnswered) return differs('dependencies', [`${name}: ${got}`, spec === undefined ? '' : `${name}: ${spec}`]);
    return spec === undefined ? finding('lockfile-dependency-added', { name }) : null;
  });
}

/** An address, a path, or a name that only the configuration knows; no name of a package has such a character. */
function isLocator(got: string): boolean {
  return /[:\\]|^[^@].*\/|^[./~]/.test(got);
}

/** Whether a specifier is no range, tag or alias of a registry. */
function isOutside(spec: string): boolean {
  return !/^(?:npm|jsr):/i.test(spec) && /[:/\\]|\.(?:tgz|tar\.gz|tar)$/i.test(spec);
}

function ownText(record: TextRecord, name: string): string | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/**
 * The package of an alias: `npm:NAME@RANGE` (npm-package-arg), `jsr:@SCOPE/NAME`; undefined for any other specifier.
 */
function askedName(spec: string): string | undefined {
  const [, scope, name] = /^jsr:@([^/@]+)\/([^@]+)/.exec(spec) ?? [];
  if (scope !== undefined && name !== undefined) return `@jsr/${scope}__${name}`;
  return /^[ \t\r\n]*npm:(@?[^@]+)(?:@|$)/i.exec(spec)?.[1];
}

/** What the entry asks for otherwise than the manifest does. */
function addedSpecs(claimed: TextRecord, implied: TextRecord, manifest: Manifest): Difference | null {
  const own = without(asDeclared(claimed, manifest), implied, manifest.dependencies);
  return differenceOf(specs(own), specs(among(manifest.dependencies, claimed)));
}

/** Of what the manifest has, what the entry has, too: what an entry leaves out is only not installed, or not linked. */
function among(served: TextRecord, claimed: TextRecord): TextRecord {
  const names = Object.keys(served);
  if (names.every((name) => Object.hasOwn(claimed, name))) return served;
  return Object.fromEntries(
    names.flatMap((name) => (Object.hasOwn(claimed, name) ? [[name, served[name] ?? '']] : [])),
  );
}

function specs(record: TextRecord): readonly string[] {
  return Object.entries(record).map(([name, spec]) => `${name}: ${normalSpec(spec) || '*'}`);
}

/** npm writes `*` for what a package brings along in its own tarball, whatever its manifest says. */
function asDeclared(claimed: TextRecord, { bundles, dependencies }: Manifest): TextRecord {
  const any = bundles.filter((name) => ownText(claimed, name) === '*' && Object.hasOwn(dependencies, name));
  if (any.length === 0) return claimed;
  return { ...claimed, ...Object.fromEntries(any.map((name) => [name, dependencies[name] ?? '*'])) };
}

/** Without what the package manager adds by itself, where the manifest has nothing of that name. */
function without(claimed: TextRecord, implied: TextRecord, served: TextRecord): TextRecord {
  const added = Object.keys(implied).filter((name) => claimed[name] === implied[name] && !Object.hasOwn(served, name));
  return added.length === 0
    ? claimed
    : Object.fromEntries(Object.entries(claimed).filter(([name]) => !added.includes(name)));
}

/**
 * A peer's range decides nothing that is installed; a name, an alias or an address does. Some package managers write a
 * range where the manifest (`served`) has something else.
 */
function peers(record: TextRecord, claimed: TextRecord = record): readonly string[] {
  const isSpecial = (spec: string | undefined): boolean => spec !== undefined && /[:/]/.test(spec);
  return Object.entries(record).map(([name, spec]) =>
    isSpecial(spec) && isSpecial(ownText(claimed, name)) ? `${name}: ${normalSpec(spec)}` : name,
  );
}

function optionalAmong({ optional: claimed = [] }: EntryClaims, { optional = [] }: Manifest): readonly string[] {
  return optional.filter((name) => claimed.includes(name));
}

/**
 * What the entry says of where the package is installed, otherwise than the manifest does. Abbreviated documents of
 * registries leave out `libc`, which then says nothing more than that there are conditions, as there are.
 */
function addedConditions(claimed: string, { platforms = {} }: Manifest): Difference | null {
  const said = conditionsOf(claimed);
  const served = Object.entries(platforms).map(([field, names]) =>
    alternatives(names.map((name) => tokenOf(field, name))),
  );
  const isSilent = platforms.libc === undefined && served.length > 0;
  return differenceOf(isSilent ? said.filter((one) => !one.includes('libc=')) : said, served);
}

/** `a=x & (b=y | b=z)`: what all must hold, alternatives in the order of their names. */
function conditionsOf(text: string): readonly string[] {
  return text.split(' & ').map((one) => alternatives(one.replace(/^\((.*)\)$/, '$1').split(' | ')));
}

function alternatives(names: readonly string[]): string {
  return [...new Set(names)].sort().join(' | ');
}

/** `!win32` of `os` is `!os=win32`; each "!" undoes the one before (Yarn's Manifest.getConditions). */
function tokenOf(field: string, name: string): string {
  const at = name.search(/[^!]/);
  return at === -1 ? 'invalid' : `${at % 2 === 0 ? '' : '!'}${field}=${name.slice(at)}`;
}

function commands(record: TextRecord): readonly string[] {
  return Object.entries(record).map(([name, path]) => `${name}: ${path}`);
}

/** `directories.bin` names a folder, whose files are the commands. */
function asFolder(served: TextRecord, claimed: TextRecord): TextRecord {
  const folder = served[''];
  return folder !== undefined && Object.values(claimed).every((path) => path.startsWith(folder)) ? claimed : served;
}
