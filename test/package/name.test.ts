import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

/** What would run or install whatever a registry serves under the name. A file (`./assay.tgz`) is another matter. */
const BY_NAME =
  /\b(?:npx|pnpx|bunx|npm exec|npm x|pnpm dlx|yarn dlx|bun x|vlx)\b[^\n`|]*[\s=]assay\b(?!\.yml|\.lock)|\b(?:npm|pnpm|yarn|bun|vlt)(?: global)? (?:i|install|add)\b[^\n`|]*[\s"']assay(?:@[^\s"'`]+)?(?=[\s`"',;)]|$)/;

/** Files that tell people what to run, and those that run it; the changelog tells what was. */
function tellingFiles(): string[] {
  const below = (folder: string): string[] =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  const top = readdirSync(ROOT).filter((name) => /\.(?:md|ya?ml)$/.test(name) && name !== 'CHANGELOG.md');
  return [...top.map((name) => join(ROOT, name)), ...['docs', 'src', '.github', 'bench'].flatMap(below)];
}

describe('the name, while the package is not published', () => {
  test('is run and installed by no page, message or workflow', () => {
    const files = tellingFiles();
    for (const needed of ['README.md', 'action.yml', 'docs/pipelines.md']) expect(files).toContain(join(ROOT, needed));
    const telling = files.flatMap((path) =>
      readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => BY_NAME.test(line))
        .map((line) => `${path}: ${line}`),
    );
    expect(telling).toEqual([]);
  });

  test.each([
    'npx assay',
    '    - npx --yes assay@0.1.0',
    '`npm install --save-dev assay`',
    'npm i -g assay@latest',
    'npm exec --package=assay -- assay',
    'pnpm dlx assay check axios',
    'yarn global add assay',
    'npm install --prefix "$tool" --silent "assay@$VERSION"',
  ])('is found in %s', (line) => {
    expect(line).toMatch(BY_NAME);
  });

  test.each([
    'npm install --global .',
    'npm install --global --ignore-scripts ./tools/assay-0.1.0.tgz',
    'assay exec -- npm ci',
    'run `npm install` with what assay.yml says',
    'npx tsc; then commit assay.lock',
    '- `npm install axios@1.14.0`, then `assay update`',
  ])('is not found in %s', (line) => {
    expect(line).not.toMatch(BY_NAME);
  });
});
