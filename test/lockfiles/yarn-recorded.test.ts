import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseLockfile } from '../../src/lockfiles/index.ts';
import type { Lockfile } from '../../src/model/dependency.ts';
import { hasSharedData, sharedData } from '../support/shared-data.ts';

const folder = sharedData('lockfiles');
const files = hasSharedData && existsSync(folder) ? readdirSync(folder).filter((file) => file.startsWith('yarn-')) : [];
const skipped = files.length > 0 ? '' : ' (skipped: the recorded data is not here)';
const classic = files.filter((file) => file.startsWith('yarn-v1'));
const berry = files.filter((file) => file.startsWith('yarn-berry'));

const read = (file: string): string => readFileSync(`${folder}/${file}`, 'utf8');
const parse = (file: string): Lockfile => parseLockfile(file, Buffer.from(read(file)));

/** One entry of the file as its lines stand there. */
interface Block {
  readonly line: number;
  readonly head: string;
  readonly field: (name: string) => string | null;
}

/** Another reading than the parser's: blocks of lines between empty ones, and fields by their first words. */
function blocksOf(text: string): readonly Block[] {
  let line = 1;
  return text.split('\n\n').flatMap((block) => {
    const start = line;
    line += block.split('\n').length + 1;
    const lines = block.split('\n');
    const at = lines.findIndex((one) => /^[^\s#].*:$/.test(one));
    if (at === -1 || lines[at] === '__metadata:') return [];
    return [
      {
        line: start + at,
        head: lines[at] ?? '',
        field: (name: string) => {
          const found = lines.find((one) => one.startsWith(`  ${name} `) || one.startsWith(`  ${name}: `));
          return found === undefined ? null : found.slice(found.indexOf(' ', 3) + 1).replace(/^"|"$/g, '');
        },
      },
    ];
  });
}

/** Counts of entries that ../shared/data/INDEX.tsv gives. */
const counts = new Map(
  hasSharedData
    ? readFileSync(sharedData('INDEX.tsv'), 'utf8')
        .split('\n')
        .flatMap((row) => {
          const [path = '', , what = ''] = row.split('\t');
          const entries = /(\d+) entries/.exec(what)?.[1];
          return entries === undefined ? [] : [[path.replace('lockfiles/', ''), Number(entries)] as const];
        })
    : [],
);

describe.skipIf(files.length === 0)(`recorded lockfiles of Yarn${skipped}`, () => {
  it('are of both kinds', () => {
    expect(classic.length).toBeGreaterThan(2);
    expect(berry.length).toBeGreaterThan(2);
  });

  it.each(files)('%s: every entry is a place or is skipped, at its own line', (file) => {
    const { entries, dependencies, skipped } = parse(file);
    const blocks = blocksOf(read(file));
    expect(entries).toBe(counts.get(file));
    expect(entries).toBe(blocks.length);
    const lines = [...dependencies.flatMap(({ places }) => places), ...skipped.map(({ place }) => place)]
      .map(({ line }) => line)
      .sort((a, b) => a - b);
    expect(lines).toEqual(blocks.map(({ line }) => line));
  });

  it.each(classic)('%s: each dependency says what its entry says', (file) => {
    const blocks = new Map(blocksOf(read(file)).map((block) => [block.line, block]));
    for (const {
      name,
      version,
      artifacts: [{ digests: integrity, source }],
      places,
    } of parse(file).dependencies) {
      for (const { line } of places) {
        const block = blocks.get(line);
        expect(block?.head.replace('"', '')).toMatch(`${name}@`);
        expect(version).toBe(block?.field('version'));
        const sri = integrity.map(({ algorithm, hex }) => `${algorithm}-${Buffer.from(hex, 'hex').toString('base64')}`);
        const resolved = block?.field('resolved') ?? '';
        if (source.kind !== 'registry') expect(source).toEqual({ kind: 'git', url: resolved });
        else {
          expect(sri.join(' ')).toBe(block?.field('integrity'));
          expect(source.resolved).toBe(resolved.replace(/#.*/, ''));
        }
      }
    }
  });

  it.each(berry)('%s: each dependency is what its entry resolves to', (file) => {
    const blocks = new Map(blocksOf(read(file)).map((block) => [block.line, block]));
    const { dependencies, skipped } = parse(file);
    for (const {
      name,
      version,
      artifacts: [{ digests: integrity, source, archive }],
      places,
      patches,
    } of dependencies) {
      expect(integrity).toEqual([]);
      for (const { line } of places) {
        const block = blocks.get(line);
        const resolution = block?.field('resolution') ?? '';
        expect(version).toBe(block?.field('version'));
        if (resolution.includes('@patch:')) {
          expect(resolution).toContain(`@patch:${name}@npm%3A${version}#`);
          expect(patches?.length).toBe(1);
        } else if (source.kind === 'registry') expect(resolution).toBe(`${name}@npm:${version}`);
        else expect(resolution).toMatch(/@condition:/);
        if (block?.field('conditions') === null) expect(block.field('checksum')).not.toBeNull();
      }
      const checksums = places.map(({ line }) => blocks.get(line)?.field('checksum') ?? null);
      expect(checksums.map((checksum) => checksum?.replace(/^.*\//, '') ?? null)).toContain(
        archive?.checksum?.replace(/^.*\//, '') ?? null,
      );
    }
    const reasons = skipped.map(({ place, reason }) => [reason, blocks.get(place.line)?.field('resolution')] as const);
    for (const [reason, resolution] of reasons) {
      const protocol = reason === 'link' ? 'link:' : 'workspace:';
      expect(resolution).toContain(`@${protocol}`);
      if (reason === 'root') expect(resolution).toMatch(/@workspace:\.$/);
    }
    expect(reasons.filter(([reason]) => reason === 'root').length).toBe(1);
  });

  it.each(files)('%s: some dependencies are direct, most are not', (file) => {
    const { dependencies } = parse(file);
    const direct = dependencies.filter((dependency) => dependency.direct).length;
    expect(direct).toBeGreaterThan(10);
    expect(direct).toBeLessThan(dependencies.length / 2);
    expect(dependencies.some(({ dev }) => dev)).toBe(false);
    expect(dependencies.some(({ optional }) => optional)).toBe(true);
  });
});
