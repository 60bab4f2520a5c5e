import type { Declaration } from '../../model/evidence.ts';
import { finding, type Finding } from '../../model/finding.ts';
import { differenceOf, type TextRecord } from '../difference.ts';

/**
 * Does the registry say of a version what its own package.json says? Tools resolve and show what the registry says, and
 * npm runs and links what the tarball says, so that each may have something that the other hides. One finding per
 * field.
 */
export function checkManifest(registry: Declaration, tarball: Declaration): readonly Finding[] {
  const records = (['dependencies', 'peerDependencies'] as const).map((field) =>
    differing(field, entriesOf(registry[field], normalSpec), entriesOf(tarball[field], normalSpec)),
  );
  return [
    differing('name', [registry.name], [tarball.name]),
    differing('version', [registry.version], [tarball.version]),
    ...records,
    differing('bin', entriesOf(registry.bin), entriesOf(asFolder(tarball.bin, registry.bin))),
    differing('bundleDependencies', registry.bundles, tarball.bundles),
    differing('scripts', scriptsOf(registry, tarball), scriptsOf(tarball, registry)),
  ].filter((found) => found !== null);
}

function differing(field: string, served: readonly string[], packed: readonly string[]): Finding | null {
  const difference = differenceOf(served, packed);
  if (difference === null) return null;
  const [registry, tarball] = difference;
  return finding('history-manifest-differs', { field, registry, tarball });
}

function entriesOf(record: TextRecord, plain = (text: string) => text): readonly string[] {
  return Object.entries(record).map(([name, value]) => `${name}: ${plain(value)}`);
}

/** Where the registry knows a folder of commands only, all the tarball's commands have to be in that. */
function asFolder(packed: TextRecord, served: TextRecord): TextRecord {
  const folder = served[''];
  return folder !== undefined && Object.values(packed).every((path) => path.startsWith(folder)) ? served : packed;
}

/** Spaces and the spelling of a repository on GitHub are the registry's to change. */
export function normalSpec(spec: string): string {
  const github =
    /^(?:github:|(?:git\+)?(?:https|ssh|git):\/\/(?:git@)?github\.com[/:])?([\w.-]+\/[\w.-]+?)(?:\.git)?(#.*)?$/;
  const [, repository, ref = ''] = github.exec(spec.trim()) ?? [];
  return repository === undefined ? spec.trim() : `github:${repository}${ref}`;
}

/** A registry may say that there is a script and not which: its text is then empty. */
function scriptsOf({ installScripts }: Declaration, { installScripts: others }: Declaration): readonly string[] {
  const isUnknown = (scripts: TextRecord): boolean => Object.values(scripts).includes('');
  const any = isUnknown(installScripts) || isUnknown(others);
  const names = Object.keys(installScripts);
  if (any) return names.length === 0 ? [] : ['some'];
  return names.map(
    (name) => `${name}: ${(installScripts[name] ?? '').replace(/^(?:\.[/\\])?node_modules[/\\]\.bin[/\\]/, '')}`,
  );
}
