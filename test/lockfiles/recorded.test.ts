import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LockfileError, parseLockfile, SUPPORTED_FORMATS } from '../../src/lockfiles/index.ts';
import type { Lockfile } from '../../src/model/dependency.ts';
import { hasSharedData, sharedData } from '../support/shared-data.ts';

const folder = sharedData('lockfiles');
const files = hasSharedData && existsSync(folder) ? readdirSync(folder).sort() : [];
const npmFiles = files.filter((file) => file.startsWith('npm-'));
const skipped = npmFiles.length > 0 ? '' : ' (skipped: the recorded data is not here)';

interface V1Entry {
  readonly version?: string;
  readonly bundled?: boolean;
  readonly dependencies?: Record<string, V1Entry>;
}
interface V2Entry extends Omit<V1Entry, 'dependencies'> {
  readonly name?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly inBundle?: boolean;
}
interface RawLock {
  readonly lockfileVersion?: number;
  readonly packages?: Record<string, V2Entry>;
  readonly dependencies?: Record<string, V1Entry>;
}

const bytesOf = (file: string): Buffer => readFileSync(`${folder}/${file}`);
const rawOf = (file: string): RawLock => JSON.parse(bytesOf(file).toString()) as RawLock;

/** Every entry of a version 1 tree, with its location. */
function walk(entries: Record<string, V1Entry> = {}, above = ''): (readonly [string, V1Entry])[] {
  return Object.entries(entries).flatMap(([name, entry]) => {
    const location = `${above}node_modules/${name}`;
    return [[location, entry] as const, ...walk(entry.dependencies, `${location}/`)];
  });
}

function accounted({ dependencies, skipped }: Lockfile): readonly { readonly path: string; readonly line: number }[] {
  return [...dependencies.flatMap(({ places }) => places), ...skipped.map(({ place }) => place)];
}

describe.skipIf(npmFiles.length === 0)(`recorded npm lockfiles${skipped}`, () => {
  it('are the ones expected', () => {
    expect(npmFiles.filter((file) => file.startsWith('npm-v1'))).not.toEqual([]);
    expect(npmFiles.filter((file) => file.startsWith('npm-v2')).length).toBeGreaterThan(1);
    expect(npmFiles.filter((file) => file.startsWith('npm-v3')).length).toBeGreaterThan(1);
    expect(npmFiles.filter((file) => file.startsWith('npm-shrinkwrap')).length).toBeGreaterThan(1);
  });

  it.each(npmFiles)('%s: every entry is a place or is skipped, at its own line', (file) => {
    const raw = rawOf(file);
    const locations = raw.packages ? Object.keys(raw.packages) : walk(raw.dependencies).map(([location]) => location);
    const lockfile = parseLockfile(file, bytesOf(file));
    expect(lockfile.entries).toBe(locations.length);
    expect(
      accounted(lockfile)
        .map(({ path }) => path)
        .sort(),
    ).toEqual([...locations].sort());
    const lines = bytesOf(file).toString().split('\n');
    for (const { path, line } of accounted(lockfile)) {
      const key = raw.packages ? path : path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
      expect(lines[line - 1]?.trim()).toBe(`${JSON.stringify(key)}: {`);
    }
  });

  it.each(npmFiles)('%s: each dependency says what its entry says', (file) => {
    const raw = rawOf(file);
    const entries = new Map(raw.packages ? Object.entries(raw.packages) : walk(raw.dependencies));
    for (const {
      name,
      version,
      artifacts: [{ digests: integrity, source }],
      places,
    } of parseLockfile(file, bytesOf(file)).dependencies) {
      for (const { path } of places) {
        const entry = entries.get(path) as V2Entry;
        const alias = /^npm:(.+)@(.+)$/.exec(entry.version ?? '');
        expect(name).toBe(entry.name ?? alias?.[1] ?? path.slice(path.lastIndexOf('node_modules/') + 13));
        expect(version).toBe(alias?.[2] ?? entry.version);
        const written = integrity.map((hash) => `${hash.algorithm}-${Buffer.from(hash.hex, 'hex').toString('base64')}`);
        expect(written.join(' ')).toBe(entry.integrity ?? '');
        if (source.kind === 'registry') expect(source.resolved).toBe(entry.resolved ?? null);
      }
    }
  });

  it.each(npmFiles)('%s: what is skipped is a folder, a link, or inside a tarball', (file) => {
    const { skipped, dependencies } = parseLockfile(file, bytesOf(file));
    const { packages, dependencies: tree } = rawOf(file);
    const fetched = new Set(dependencies.flatMap(({ places }) => places.map(({ path }) => path)));
    const expected = packages
      ? Object.entries(packages).filter(
          ([location, entry]) =>
            entry.link === true ||
            !location.includes('node_modules/') ||
            (entry.inBundle === true && (entry.resolved ?? entry.integrity) === undefined),
        )
      : walk(tree).filter(([, entry]) => entry.bundled);
    expect(skipped.map(({ place }) => place.path).sort()).toEqual(expected.map(([location]) => location).sort());
    for (const { by, reason } of skipped) {
      if (reason === 'bundled') expect(fetched.has(by ?? '')).toBe(true);
    }
  });

  const bothSections = npmFiles.filter((file) => {
    const { packages, dependencies } = rawOf(file);
    return packages !== undefined && dependencies !== undefined;
  });

  it.each(bothSections)('%s: packages and dependencies name the same, but for plain downloads', (file) => {
    const newer = parseLockfile(file, bytesOf(file));
    const { dependencies, packages = {} } = rawOf(file);
    // Version 1 says nothing of the project and its workspaces, so their package.json files have to.
    const folders = Object.entries(packages).filter(([location]) => !location.includes('node_modules'));
    const older = parseLockfile(
      'package-lock.json',
      Buffer.from(JSON.stringify({ lockfileVersion: 1, dependencies })),
      new Map(folders.map(([folder, manifest]) => [folder, JSON.stringify(manifest)])),
    );
    expect(newer.dependencies.flatMap(({ findings = [] }) => findings)).toEqual([]);
    // Version 1 records no version of a plain download; the address stands for it.
    const specs = ({ dependencies }: Lockfile): string[] =>
      dependencies
        .filter(({ artifacts: [{ source }] }) => source.kind === 'registry')
        .map(({ name, version }) => `${name}@${version}`)
        .sort();
    const downloads = ({ dependencies }: Lockfile): unknown[] =>
      dependencies
        .filter(({ artifacts: [{ source }] }) => source.kind !== 'registry')
        .map(({ name, artifacts: [{ source }] }) => ({ name, source }));
    // `packages` has two entries of what the project itself bundles, and says the same of both.
    expect(new Set(specs(older))).toEqual(new Set(specs(newer)));
    expect(downloads(older)).toEqual(downloads(newer));
  });

  const supported = SUPPORTED_FORMATS.flatMap(({ fileNames }) => fileNames);
  const others = files.filter((file) => !supported.some((name) => file.endsWith(name)));
  it.each(others)('%s: is named as unsupported', (file) => {
    expect(() => parseLockfile(file, bytesOf(file))).toThrow(LockfileError);
    expect(() => parseLockfile(file, bytesOf(file))).toThrow('not supported yet');
  });
});
