import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { parseLockfile } from '../../src/lockfiles/index.ts';
import type { Dependency } from '../../src/model/dependency.ts';
import { specOf } from '../../src/model/package.ts';
import { hasSharedData, sharedData } from '../support/shared-data.ts';

const folder = sharedData('lockfiles');
const files = hasSharedData && existsSync(folder) ? readdirSync(folder) : [];
const skipped = files.length > 0 ? '' : ' (skipped: the recorded data is not here)';
const textOf = (file: string): string => readFileSync(`${folder}/${file}`, 'utf8');

/** "NAME@VERSION NAME@VERSION" for each that asks for another, of what comes from a registry by its version. */
type Asked = ReadonlySet<string>;

function ours(dependencies: readonly Dependency[]): Asked {
  return new Set(dependencies.flatMap((one) => (one.requires ?? []).map((required) => `${specOf(one)} ${required}`)));
}

/** What another reading found, of what is a dependency at both ends. */
function expectSame(file: string, theirs: readonly (readonly [from: string, to: string])[]): void {
  const { dependencies } = parseLockfile(file, readFileSync(`${folder}/${file}`));
  const known = new Set(dependencies.filter(({ artifacts: [{ source }] }) => source.kind === 'registry').map(specOf));
  const isKnown = (pair: string): boolean => pair.split(' ').every((spec) => known.has(spec));
  const found = new Set(theirs.map((pair) => pair.join(' ')).filter(isKnown));
  expect([...ours(dependencies)].filter(isKnown).sort()).toEqual([...found].sort());
  expect(found.size).toBeGreaterThan(500);
}

type Named = Readonly<Record<string, string>>;
interface RawEntry {
  readonly dependencies?: Named;
  readonly optionalDependencies?: Named;
}
interface RawPnpm {
  readonly packages: Readonly<Record<string, RawEntry>>;
  readonly snapshots?: Readonly<Record<string, RawEntry>>;
}

/** NAME@VERSION of a key or reference of any version, by its spelling alone. */
function pnpmSpec(text: string, alias = ''): string {
  const base = text.replace(/\(.*$/, '').replace(/^(\/?(?:@[^/]+\/)?[^/]*\/?\d[^/_]*)_.*$/, '$1');
  if (/^\d/.test(base)) return `${alias}@${base}`;
  return base.replace(/^\//, '').replace(/\/(?=\d[^/]*$)/, '@');
}

describe.skipIf(files.length === 0)(`what packages ask for, in recorded lockfiles${skipped}`, () => {
  it.each(files.filter((file) => file.startsWith('pnpm__')))('%s', (file) => {
    // The library compares each key with every other to find those that stand twice, which nothing here asks for.
    const documents = parseAllDocuments(textOf(file), { uniqueKeys: false }) as unknown as readonly {
      toJS: () => RawPnpm;
    }[];
    const entries = documents
      .map((document) => document.toJS())
      .flatMap(({ packages, snapshots }) => Object.entries(snapshots ?? packages));
    expectSame(
      file,
      entries.flatMap(([key, { dependencies, optionalDependencies }]) =>
        Object.entries({ ...dependencies, ...optionalDependencies }).map(
          ([alias, reference]) => [pnpmSpec(key), pnpmSpec(reference, alias)] as const,
        ),
      ),
    );
  });

  it.each(files.filter((file) => file.startsWith('yarn-')))('%s', (file) => {
    const unquoted = (text: string): string => text.replaceAll('"', '');
    const blocks = textOf(file)
      .split('\n\n')
      .map((block) => block.split('\n').filter((line) => line !== '' && !line.startsWith('#')))
      .filter(([head]) => head !== undefined && !head.startsWith('__metadata'))
      .map(([head = '', ...lines]) => {
        const field = (name: string): string =>
          unquoted(lines.find((line) => line.startsWith(`  ${name}`)) ?? '').replace(/^\s+\S+\s/, '');
        const sections = lines.join('\n').split(/^ {2}(?=\S)/m);
        const listed = sections.filter((section) => /^(?:optionalD|d)ependencies:\n/.test(section));
        const asks = listed
          .flatMap((section) => section.split('\n').slice(1))
          .filter((line) => /^ {4}\S/.test(line))
          .map((line) => /^ {4}(\S+?):? (.+)$/.exec(unquoted(line))?.slice(1) ?? [])
          .map(([name = '', range = '']) => `${name}@${range.replace(/^npm:/, '')}`);
        const keys = unquoted(head.replace(/:$/, ''))
          .split(', ')
          .map((key) => key.replace('@npm:', '@'));
        // Of an alias, the package behind it.
        const [, aliased = /^(?:@[^/]+\/)?[^@]+/.exec(keys[0] ?? '')?.[0] ?? ''] = /@npm:(.+)@/.exec(head) ?? [];
        const resolved = field('resolution').replace(/@(?:npm|patch).*$/, '');
        return { keys, asks, spec: `${resolved === '' ? aliased : resolved}@${field('version')}` };
      });
    const byKey = new Map(blocks.flatMap(({ keys, spec }) => keys.map((key) => [key, spec] as const)));
    // `resolutions` leave no entry for what is asked for: then the only package of that name is meant.
    const nameOf = (key: string): string => key.slice(0, key.indexOf('@', 1));
    const only = (key: string): string => {
      const named = blocks.filter(({ keys }) => keys.some((one) => nameOf(one) === nameOf(key)));
      const specs = new Set(named.map(({ spec }) => spec));
      return specs.size === 1 ? (named[0]?.spec ?? '') : '';
    };
    expectSame(
      file,
      blocks.flatMap(({ spec, asks }) => asks.map((key) => [spec, byKey.get(key) ?? only(key)] as const)),
    );
  });

  it.each(files.filter((file) => file.startsWith('vlt__')))('%s', (file) => {
    const { edges } = JSON.parse(textOf(file)) as { readonly edges: Named };
    const specOfId = (id: string): string =>
      /^[~·][^~·]*[~·]([^~·]+)/.exec(id)?.[1]?.replace(/[+§]/, '/').replaceAll('__', '_') ?? '';
    expectSame(
      file,
      Object.entries(edges).map(
        ([key, value]) => [specOfId(key.split(' ')[0] ?? ''), specOfId(value.split(' ').at(-1) ?? '')] as const,
      ),
    );
  });
});
