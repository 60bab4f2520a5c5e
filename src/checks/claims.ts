import type { Dependency, Digest, EntryClaims } from '../model/dependency.ts';
import type { Manifest } from '../model/evidence.ts';
import { finding, type Finding } from '../model/finding.ts';
import { differenceOf, type Difference, type TextRecord } from './difference.ts';
import { jsonDigest } from './evidence-digest.ts';
import { plainSpec } from './manifest.ts';

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
  const { dependencies, implied = {}, peerDependencies, bin, hasBin, installScripts, answers } = claims;
  const runs = Object.keys(manifest.installScripts).length > 0;
  return [
    dependencies &&
      differs(
        'dependencies',
        differenceOf(specs(without(dependencies, implied, manifest.dependencies)), specs(manifest.dependencies)),
      ),
    peerDependencies &&
      differs(
        'peerDependencies',
        differenceOf(peers(peerDependencies), peers(manifest.peerDependencies, peerDependencies)),
      ),
    bin && differs('bin', differenceOf(commands(bin), commands(asFolder(manifest.bin, bin)))),
    // A command that the entry does not name is only not linked.
    hasBin === true && Object.keys(manifest.bin).length === 0 ? differs('bin', ['some', '']) : null,
    // Mirrors leave the flag out, and a script that the entry does not announce is only not run.
    installScripts === true && !runs ? differs('scripts', ['some', '']) : null,
    ...(answers === undefined ? [] : checkAnswers(answers, manifest, differs)),
  ].filter((one) => one !== undefined && one !== null);
}

/** What an entry gets is the package that the manifest asks for by that name; what it gets besides, is worth a look. */
function checkAnswers(
  answers: TextRecord,
  { dependencies, peerDependencies }: Manifest,
  differs: (field: string, difference: Difference) => Finding | null,
): readonly (Finding | null)[] {
  return Object.entries(answers).map(([name, got]) => {
    const spec = ownText(dependencies, name) ?? ownText(peerDependencies, name);
    const asked = spec === undefined ? name : (aliasTarget(spec) ?? name);
    if (got !== asked)
      return differs('dependencies', [`${name}: ${got}`, spec === undefined ? '' : `${name}: ${spec}`]);
    return spec === undefined ? finding('lockfile-dependency-added', { name }) : null;
  });
}

function ownText(record: TextRecord, name: string): string | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/** The package of an alias (npm-package-arg: `npm:NAME@RANGE`); undefined for any other specifier. */
function aliasTarget(spec: string): string | undefined {
  return /^npm:(@?[^@]+)(?:@|$)/i.exec(spec.trim())?.[1];
}

function specs(record: TextRecord): readonly string[] {
  return Object.entries(record).map(([name, spec]) => `${name}: ${plainSpec(spec)}`);
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
    isSpecial(spec) && isSpecial(ownText(claimed, name)) ? `${name}: ${plainSpec(spec)}` : name,
  );
}

function commands(record: TextRecord): readonly string[] {
  return Object.entries(record).map(([name, path]) => `${name}: ${path}`);
}

/** `directories.bin` names a folder, whose files are the commands. */
function asFolder(served: TextRecord, claimed: TextRecord): TextRecord {
  const folder = served[''];
  return folder !== undefined && Object.values(claimed).every((path) => path.startsWith(folder)) ? claimed : served;
}

/**
 * SHA-256 of what the entry says beside name, version, bytes and source: an entry that says something else is not the one
 * that was verified.
 */
export function entryDigest({ claims = [], substitutes = [], bundles }: Dependency): Digest {
  return { algorithm: 'sha256', hex: jsonDigest({ bundles, claims, substitutes }) };
}
