import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import {
  FOLDER_PAGES,
  FOLDERS,
  linksIn,
  missingIn,
  missingSources,
  PAGES,
  pathsIn,
  read,
  ROOT,
  spansOf,
} from './pages.ts';

describe('what pages name', () => {
  test.each(PAGES)('%s names only what is there', (path) => {
    expect(missingIn(read(path), path)).toEqual([]);
  });

  test.each(FOLDER_PAGES)('%s names only sources that are there', (path) => {
    expect(missingSources(read(path), path)).toEqual([]);
  });

  it('is looked for: most of it is in the map of the architecture', () => {
    expect(pathsIn(read('docs/architecture.md')).length).toBeGreaterThan(50);
    expect(linksIn(read('docs/decisions/README.md')).length).toBeGreaterThan(20);
  });

  it('is missed where it is not there, in a command and in a link, too', () => {
    const page =
      'A `src/gone.ts`, `npx vitest run test/gone`, [one](gone.md), `src/index.ts`, [two](#here).\n\n# Here\n';
    expect(missingIn(page, 'docs/page.md')).toEqual(['src/gone.ts', 'test/gone', 'gone.md']);
    expect(missingIn('[a heading](architecture.md#gone) and `src/*.ts`', 'docs/page.md')).toEqual([
      'src/*.ts',
      'architecture.md#gone',
    ]);
    expect(missingSources('`gone.ts`, `index.ts`, `model/finding.ts`, `npm/gone.ts`', 'src/audit/README.md')).toEqual([
      'gone.ts',
      'npm/gone.ts',
    ]);
  });

  it('is not what blocks of code and addresses have', () => {
    const page = '```sh\ncat `src/gone.ts`\n```\n\n[there](https://example.com/src/gone.ts) and `your/src/gone.ts`\n';
    expect(missingIn(page, 'docs/page.md')).toEqual([]);
  });
});

describe('every folder of src/', () => {
  test.each(FOLDERS)('%s has a README, and the one above leads there', (folder) => {
    expect(existsSync(join(ROOT, folder, 'README.md'))).toBe(true);
    const above = read(join(dirname(folder), 'README.md'));
    expect(linksIn(above)).toContain(`${folder.slice(dirname(folder).length + 1)}/README.md`);
  });
});

describe('the decisions', () => {
  const names = readdirSync(join(ROOT, 'docs/decisions'))
    .filter((name) => /^\d/.test(name))
    .sort();

  it('are all listed, in order and by their titles', () => {
    const titles = names.map((name) => /^# (\d+)\. (.+)$/m.exec(read(`docs/decisions/${name}`)));
    const lines = names.map((name, i) => `${titles[i]?.[1] ?? ''}. [${titles[i]?.[2] ?? ''}](${name})`);
    const list = read('docs/decisions/README.md').match(/^\d+\. .*$/gm);
    expect(list).toEqual(lines);
    expect(names.map((name) => Number(name.slice(0, 4)))).toEqual(names.map((_, i) => i + 1));
  });

  test.each(names)('%s says the context, the decision and what follows', (name) => {
    const headings = read(`docs/decisions/${name}`).match(/^## .*$/gm) ?? [];
    expect(headings).toEqual(expect.arrayContaining(['## Context', '## Decision', '## Consequence']));
  });
});

describe('somebody new, with nothing but the READMEs', () => {
  /** What src/README.md says in bold of a folder, and what has to be named there or in the READMEs that it leads to. */
  const CHANGES = [
    ['a lockfile format', ['LockfileFormat', 'index.ts', 'format.ts', 'rooms.json']],
    ['a finding', ['npm/chain.ts', 'model/finding.ts', 'report/words/texts.ts', 'docs/findings/']],
    ['an output', ['../words/output-names.ts', 'index.ts', 'test/report/golden/']],
    ['a registry question', ['registry.ts', 'model/evidence.ts', 'ecosystems/npm/gather.ts', 'lab/registry.ts']],
    ['a policy key', ['model/policy.ts', 'policy-file.ts', 'conflicts.ts', 'docs/policy.md']],
    ['an ecosystem', ['ecosystem.ts', 'npm.ts', 'index.ts', 'rooms.json']],
  ] as const;
  const start = read('src/README.md');

  test.each(CHANGES)('finds where %s goes', (change, names) => {
    const line = start.split('\n').find((one) => one.includes(`**${change}**`)) ?? '';
    expect(line).not.toBe('');
    const folder = linksIn(line)[0];
    const reached = folder === undefined ? [] : pagesFrom(join('src', folder));
    const spans = [start, ...reached.map(read)].flatMap(spansOf);
    for (const name of names) expect(spans).toContain(name);
  });

  /** A page, and those of the folders of src/ that it leads to. */
  function pagesFrom(path: string): readonly string[] {
    const next = linksIn(read(path)).map((link) => join(dirname(path), link.replace(/#.*$/, '')));
    return [path, ...next.filter((one) => FOLDER_PAGES.includes(one))];
  }
});
