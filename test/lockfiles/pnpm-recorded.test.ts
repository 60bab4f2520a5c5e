import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { parseLockfile } from '../../src/lockfiles/index.ts';
import type { Lockfile } from '../../src/model/dependency.ts';
import { hasSharedData, sharedData } from '../support/shared-data.ts';

const folder = sharedData('lockfiles');
const files =
  hasSharedData && existsSync(folder) ? readdirSync(folder).filter((file) => file.startsWith('pnpm__')) : [];
const skipped = files.length > 0 ? '' : ' (skipped: the recorded data is not here)';

interface RawEntry {
  readonly resolution?: { readonly integrity?: string; readonly tarball?: string };
  readonly name?: string;
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
}
type RawImporter = Readonly<Record<string, Readonly<Record<string, string | { readonly version: string }>>>>;
interface RawLock {
  readonly lockfileVersion: string | number;
  readonly importers: Readonly<Record<string, RawImporter>>;
  readonly packages: Readonly<Record<string, RawEntry>>;
  readonly snapshots?: Readonly<Record<string, RawEntry>>;
}

/** Reading is what takes time here. */
function once<T>(work: (file: string) => T): (file: string) => T {
  const done = new Map<string, T>();
  return (file) => {
    const result = done.get(file) ?? work(file);
    done.set(file, result);
    return result;
  };
}
const textOf = once((file) => readFileSync(`${folder}/${file}`, 'utf8'));
const read = once((file): Lockfile => parseLockfile('pnpm-lock.yaml', readFileSync(`${folder}/${file}`)));
/** The documents as a library reads them. */
const raw = once((file): readonly RawLock[] => {
  // The library compares each key with every other to find those that stand twice, which nothing here asks for.
  const documents = parseAllDocuments(textOf(file), { uniqueKeys: false });
  return Array.isArray(documents) ? documents.map((each) => each.toJS() as RawLock) : [];
});
/**
 * The key without peers and patch, by its spelling alone: the first bracket, or in version 5 the first "_" of the
 * version.
 */
const baseOf = (key: string): string => key.replace(/\(.*$/, '').replace(/(\/\d[^/_]*)_[^/]*$/, '$1');

describe.skipIf(files.length === 0)(`recorded pnpm lockfiles${skipped}`, () => {
  it('are of each version', () => {
    expect(new Set(files.map((file) => read(file).format))).toEqual(
      new Set(['pnpm-lock v5.1', 'pnpm-lock v5.4', 'pnpm-lock v6.0', 'pnpm-lock v6.1', 'pnpm-lock v9.0']),
    );
  });

  it.each(files)('%s: as many packages with a hash as the text has', (file) => {
    const { dependencies } = read(file);
    // Version 5 and 6 repeat a package for each set of peers, a runtime has a hash for each platform.
    const written = [...textOf(file).matchAll(/\bintegrity: ([\w+/=-]+)/g)].map(([, hash]) => hash);
    const ours = dependencies.flatMap(({ artifacts: [{ digests: integrity }] }) =>
      integrity.map(({ algorithm, hex }) => `${algorithm}-${Buffer.from(hex, 'hex').toString('base64')}`),
    );
    expect(new Set(ours)).toEqual(new Set(written));
    expect(ours.length).toBeGreaterThan(1000);
  });

  it.each(files)('%s: every entry is a place or is skipped, at its own line', (file) => {
    const { dependencies, skipped: left, entries } = read(file);
    const places = [...dependencies.flatMap((each) => each.places), ...left.map(({ place }) => place)];
    expect(places).toHaveLength(entries);
    const lines = textOf(file).split('\n');
    const keyed = places.map(({ path, line }) => ({ line, key: `${path.replace(/^.* > /, '')}:` }));
    const found = keyed.map(({ line, key }) => ({
      line,
      key: lines[line - 1]?.trim().replaceAll("'", '').slice(0, key.length),
    }));
    expect(found).toEqual(keyed);
    const documents = raw(file);
    const keys = documents.flatMap(({ importers, packages, snapshots = {} }) => [
      ...Object.keys(importers),
      ...Object.keys(packages),
      ...Object.keys(snapshots).filter((key) => packages[key] === undefined),
    ]);
    const linked = places.filter(({ path }) => path.includes(' > '));
    expect(
      places
        .filter(({ path }) => !path.includes(' > '))
        .map(({ path }) => path)
        .sort(),
    ).toEqual(keys.sort());
    const projects = documents.flatMap(({ importers }) => Object.keys(importers));
    const folders = keys.filter((key) => key.startsWith('file:'));
    expect(left).toHaveLength(projects.length + folders.length + linked.length);
  });

  it.each(files)('%s: each dependency says what its entry says', (file) => {
    const entries = new Map(raw(file).flatMap(({ packages }) => Object.entries(packages)));
    const ours: unknown[] = [];
    const theirs: unknown[] = [];
    for (const {
      name,
      version,
      artifacts: [{ digests: integrity, source }],
      places,
    } of read(file).dependencies) {
      for (const { path } of places) {
        const entry = entries.get(entries.has(path) ? path : baseOf(path));
        const [, named, at] = /^\/?(.+)[@/](.+)$/.exec(baseOf(path)) ?? [];
        const hashes = integrity.map((hash) => `${hash.algorithm}-${Buffer.from(hash.hex, 'hex').toString('base64')}`);
        // A runtime has its hashes further below, and what is not from a registry its address as its source.
        const hash = integrity.length > 1 ? '' : hashes.join(' ');
        ours.push({ path, name, version, hash, tarball: source.kind === 'registry' ? source.resolved : null });
        theirs.push({
          path,
          name: entry?.name ?? named?.replace(/@(?:https?:.*|runtime:?)$/, ''),
          version: entry?.version ?? at,
          hash: entry?.resolution?.integrity ?? '',
          tarball: source.kind === 'registry' ? (entry?.resolution?.tarball ?? null) : null,
        });
      }
    }
    expect(ours).toEqual(theirs);
  });

  it.each(files)('%s: dev and optional are what pnpm wrote', (file) => {
    const documents = raw(file);
    const flags = new Map<string, RawEntry[]>();
    for (const { packages, snapshots } of documents) {
      for (const [key, entry] of Object.entries(snapshots ?? packages)) {
        const base = snapshots === undefined ? key : baseOf(key);
        flags.set(base, [...(flags.get(base) ?? []), entry]);
      }
    }
    const isOld = documents.every(({ snapshots }) => snapshots === undefined);
    const { dependencies } = read(file);
    // From version 9 on, pnpm does not write what is for development only.
    const ours = dependencies.map(({ places, dev, optional }) => [places[0]?.path, optional, isOld && dev]);
    const theirs = dependencies.map(({ places }) => {
      const written = places.flatMap(({ path }) => flags.get(isOld ? path : baseOf(path)) ?? []);
      const every = (flag: 'optional' | 'dev'): boolean => written.every((each) => each[flag] === true);
      return [places[0]?.path, every('optional'), isOld && every('dev')];
    });
    expect(ours).toEqual(theirs);
    expect(dependencies.filter(({ optional }) => optional).length).toBeGreaterThan(5);
  });

  it.each(files)('%s: what a project names is direct, and nothing else', (file) => {
    const named = new Set<string>();
    for (const { importers } of raw(file)) {
      for (const importer of Object.values(importers)) {
        for (const [field, references] of Object.entries(importer)) {
          if (!field.endsWith('ependencies')) continue;
          for (const [alias, written] of Object.entries(references)) {
            const reference = typeof written === 'string' ? written : written.version;
            if (!/^(?:link|file):/.test(reference)) named.add(`${alias} ${baseOf(`/${reference}`).slice(1)}`);
          }
        }
      }
    }
    const expected = new Set(
      [...named].map((each) => {
        const [alias = '', reference = ''] = each.split(' ');
        if (/^\/?@?[^@]+[@/]\d/.test(reference) && !reference.includes(':'))
          return reference.replace(/^\//, '').replace(/\/(?=\d[^/]*$)/, '@');
        return `${alias}@${reference.replace(/^runtime:/, '')}`;
      }),
    );
    const registry = read(file).dependencies.filter(
      ({ artifacts: [{ source }], direct }) => direct && source.kind === 'registry',
    );
    expect(registry.length).toBeGreaterThan(0);
    for (const { name, version } of registry) expect(expected).toContain(`${name}@${version}`);
    const ours = new Set(registry.map(({ name, version }) => `${name}@${version}`));
    const missing = [...expected].filter((each) => !ours.has(each));
    // What is left comes from git, the web, or is a runtime.
    expect(missing.length).toBe(
      read(file).dependencies.filter(({ artifacts: [{ source }], direct }) => direct && source.kind !== 'registry')
        .length,
    );
  });
});
