import type { NodeLockfile, SkippedEntry } from '../../model/dependency.ts';
import { refuseConflicts } from '../common/conflicts.ts';
import type { LockfileFormat, ProjectManifests, ProjectSettings } from '../common/format.ts';
import { mergePlaces, type PlacedDependency } from '../common/merge.ts';
import { specKind } from '../node-modules/specs.ts';
import { decodeText } from '../../readers/text.ts';
import { answersOf } from './answers.ts';
import { readBerryEntries } from './berry.ts';
import { readClassicEntries } from './classic.ts';
import type { YarnEntry } from './entry.ts';
import { askedInBerry, askedInClassic, readProject, type YarnProject } from './project.ts';
import { rolesOf, type ProjectRequirement } from './roles.ts';

/** yarn.lock of Yarn 1, and of Yarn 2 and later, which has another syntax and other meanings. */
export const yarn: LockfileFormat<NodeLockfile> = {
  name: 'Yarn',
  ecosystem: 'npm',
  fileNames: ['yarn.lock'],
  otherFileNames: [],
  parse,
};

function parse(file: string, bytes: Uint8Array, manifests: ProjectManifests, settings: ProjectSettings): NodeLockfile {
  const text = decodeText(file, bytes);
  refuseConflicts(file, text, 'yarn install');
  const project = readProject(manifests, settings);
  // Yarn tells its own files from those of Yarn 1 by this key.
  if (/^__metadata:/m.test(text)) {
    const { version, entries } = readBerryEntries(file, text, project);
    return lockfileOf(file, version, entries, askedInBerry(project, entries), project);
  }
  const entries = readClassicEntries(file, text, project.asked.has('') ? project.overrides : null, project.resolutions);
  return lockfileOf(file, 1, entries, askedInClassic(project, entries), project);
}

function lockfileOf(
  file: string,
  version: number,
  entries: readonly YarnEntry[],
  asked: readonly ProjectRequirement[],
  project: YarnProject,
): NodeLockfile {
  const { roleOf, requirementsOf } = rolesOf(entries, asked);
  const answers = answersOf(file, entries, asked, project, version === 1);
  const skipped: SkippedEntry[] = [];
  const found: PlacedDependency[] = [];
  for (const entry of entries) {
    const place = { file, line: entry.line, path: entry.path };
    const exotic = entry.requires
      .filter(({ range }) => specKind(range) !== 'registry')
      .map(({ name, range }) => ({ name, spec: range }));
    const requires = requirementsOf(entry);
    for (const one of answers.of(entry)) {
      if ('skipped' in one) skipped.push({ place, reason: one.skipped });
      else {
        const { name, version, source, integrity: digests, archive, claims, patches, substitutes } = one;
        const alias = entry.descriptors.some((asked) => asked.name === name) ? undefined : entry.descriptors[0]?.name;
        found.push({
          ecosystem: 'npm',
          name,
          version,
          artifacts: [{ file: null, digests, source, ...(archive && { archive }) }],
          ...(alias !== undefined && { alias }),
          ...(claims && { claims: [claims] }),
          ...(patches && { patches }),
          ...(substitutes && { substitutes }),
          place,
          ...roleOf(entry),
          peer: false,
          exotic,
          bundles: [],
          requires,
        });
      }
    }
  }
  const hooks = project.settings.hooks.get(version === 1 ? '.yarnrc' : '.yarnrc.yml');
  return {
    file,
    format: `yarn.lock v${version}`,
    manager: version === 1 ? 'yarn-classic' : 'yarn',
    entries: found.length + skipped.length,
    dependencies: mergePlaces(found),
    skipped,
    ...(hooks === undefined ? {} : { hooks }),
    ...(answers.findings.length === 0 ? {} : { findings: answers.findings }),
  };
}
