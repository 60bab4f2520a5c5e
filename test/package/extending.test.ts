import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { FINDING_CODES } from '../../src/model/finding.ts';
import { pathsIn, read, ROOT, spansOf } from './pages.ts';

/** The walk-throughs by their headings. */
const SECTIONS = new Map(
  read('docs/extending.md')
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')), section]),
);
const section = (heading: string): string => SECTIONS.get(heading) ?? '';

/** The first path of each numbered step, which has to begin with it. */
const stepsOf = (heading: string): readonly string[] =>
  [...section(heading).matchAll(/^\d+\. (?:`([^`\s]+)`)?/gm)].map(([, path = '']) => path);

const numbersOf = (heading: string): readonly number[] =>
  [...section(heading).matchAll(/^(\d+)\. /gm)].map(([, number]) => Number(number));

const filesIn = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path));

describe('the walk-throughs', () => {
  const headings = ['Add a lockfile format', 'Add a finding', 'Add an ecosystem'];

  it('are these', () => {
    expect([...SECTIONS.keys()]).toEqual(headings);
  });

  test.each(headings)('%s is a list of steps, each of which begins with a file', (heading) => {
    const steps = stepsOf(heading);
    expect(steps.length).toBeGreaterThan(7);
    expect(steps).not.toContain('');
    expect(numbersOf(heading)).toEqual(steps.map((_, i) => i + 1));
  });
});

describe('Add a lockfile format', () => {
  const BUN = /\bbun\b/i;

  test.each(stepsOf('Add a lockfile format'))('%s has something of Bun', (path) => {
    expect(read(path)).toMatch(BUN);
  });

  it('names every file of src/ that decides by the package manager', () => {
    const deciding = filesIn('src').filter(
      (path) => path.endsWith('.ts') && !path.includes('lockfiles/bun/') && /'bun'|^ +bun: /m.test(read(path)),
    );
    expect(deciding.length).toBeGreaterThan(10);
    const named = pathsIn(section('Add a lockfile format'));
    expect(deciding.filter((path) => !named.includes(path))).toEqual([]);
  });
});

describe('Add a finding', () => {
  test.each(stepsOf('Add a finding'))('%s names integrity-mismatch', (path) => {
    expect(read(path)).toContain('integrity-mismatch');
  });

  it('names every file that has to name every code', () => {
    const complete = ['src', 'docs', 'test']
      .flatMap(filesIn)
      .filter((path) => /\.(?:ts|md|json)$/.test(path) && !path.includes('/golden/'))
      .filter((path) => FINDING_CODES.every((code) => read(path).includes(code)));
    expect(complete.length).toBeGreaterThan(3);
    const named = pathsIn(section('Add a finding'));
    expect(complete.filter((path) => !named.includes(path))).toEqual([]);
  });
});

describe('Add an ecosystem', () => {
  const steps = section('Add an ecosystem')
    .split(/^(?=\d+\. )/m)
    .slice(1)
    .map((step) => [pathsIn(step)[0] ?? '', step] as const);

  test.each(steps)('%s has what its step names, or something of npm', (_, step) => {
    const files = pathsIn(step).filter((path) => /\.\w+$/.test(path));
    const texts = files.map(read);
    const names = spansOf(step).filter((span) => /^[A-Z]\w+(?:\.\w+)?$|^[a-z]+[A-Z]\w+$/.test(span));
    for (const name of names) {
      for (const part of name.split('.'))
        expect(
          texts.some((text) => text.includes(part)),
          part,
        ).toBe(true);
    }
    expect(/\bnpm\b/i.test(texts[0] ?? '') || names.length > 0).toBe(true);
  });

  it('names every file that lists ecosystems, and no stage does', () => {
    const listing = filesIn('src').filter(
      (path) => path.endsWith('.ts') && /Record<Ecosystem,|: readonly EcosystemRecord\[\]/.test(read(path)),
    );
    expect(listing.toSorted()).toEqual([
      'src/cli/commands/log/target.ts',
      'src/cli/demo/index.ts',
      'src/cli/project/kind.ts',
      'src/cli/project/unlocked.ts',
      'src/ecosystems/conventions/index.ts',
      'src/ecosystems/index.ts',
    ]);
    const named = pathsIn(section('Add an ecosystem'));
    expect(listing.filter((path) => !named.includes(path))).toEqual([]);
  });

  it('holds: the pipeline and the shared checks import nothing of one ecosystem', () => {
    const stages = ['src/audit', 'src/checks', 'src/policy', 'src/baseline', 'src/report'].flatMap(filesIn);
    const neutral = stages.filter((path) => path.endsWith('.ts') && !/^src\/checks\/(?:npm|go)\//.test(path));
    expect(neutral.length).toBeGreaterThan(100);
    const naming = neutral.filter((path) => /from '[^']*\/(?:npm|go)[-\w]*(?:\/|\.ts')/.test(read(path)));
    expect(naming).toEqual([]);
  });
});
