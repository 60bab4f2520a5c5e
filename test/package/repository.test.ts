import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const FORMS = readdirSync(join(ROOT, '.github/ISSUE_TEMPLATE')).filter((name) => name !== 'config.yml');

interface Form {
  readonly name: string;
  readonly description: string;
  readonly body: readonly {
    readonly type: string;
    readonly id?: string;
    readonly attributes: { readonly label?: string; readonly value?: string; readonly options?: readonly unknown[] };
  }[];
}

describe('the issue forms', () => {
  test.each(FORMS)('%s is one that GitHub takes', (file) => {
    const { name, description, body } = parse(read(`.github/ISSUE_TEMPLATE/${file}`)) as Form;
    expect([name, description].every((text) => text.length > 0)).toBe(true);
    const fields = body.filter(({ type }) => type !== 'markdown');
    expect(fields.length).toBeGreaterThan(0);
    for (const { type, attributes } of body) {
      expect(['markdown', 'input', 'textarea', 'checkboxes']).toContain(type);
      if (type === 'markdown') expect(attributes.value).toBeTruthy();
      else expect(attributes.label).toBeTruthy();
      if (type === 'checkboxes') expect(attributes.options?.length).toBeGreaterThan(0);
    }
    const ids = fields.map(({ id }) => id);
    expect(ids.every((id) => /^[\w-]+$/.test(id ?? ''))).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('lead what is not public yet to a private report', () => {
    expect(FORMS.sort()).toEqual(['bug.yml', 'false-alarm.yml', 'missed-attack.yml']);
    for (const file of ['bug.yml', 'missed-attack.yml']) {
      expect(read(`.github/ISSUE_TEMPLATE/${file}`)).toMatch(/report it privately, as SECURITY\.md says/);
    }
    expect(read('SECURITY.md')).toMatch(/^## Reporting$/m);
    expect(parse(read('.github/ISSUE_TEMPLATE/config.yml'))).toEqual({ blank_issues_enabled: false });
  });
});

describe('the repository', () => {
  test('names no owner that is not there, and paths that are', () => {
    const lines = read('.github/CODEOWNERS').split('\n');
    const { repository } = JSON.parse(read('package.json')) as { repository?: unknown };
    if (repository === undefined) expect(lines.filter((line) => line !== '' && !line.startsWith('#'))).toEqual([]);
    const paths = lines.flatMap((line) => line.match(/(?<=\s|^)\/\S+/g) ?? []);
    expect(paths.length).toBeGreaterThan(0);
    for (const path of paths) expect(existsSync(join(ROOT, path)), path).toBe(true);
  });

  test('lets updates wait, of packages and of actions', () => {
    const { updates } = parse(read('.github/dependabot.yml')) as { updates: readonly Record<string, unknown>[] };
    expect(updates.map((update) => update['package-ecosystem'])).toEqual(['npm', 'github-actions']);
    for (const { cooldown } of updates) {
      expect((cooldown as Record<string, number>)['default-days']).toBeGreaterThanOrEqual(7);
    }
  });

  test('pins the image of its development container', () => {
    const { image } = JSON.parse(read('.devcontainer/devcontainer.json')) as { image: string };
    expect(image).toMatch(/^node:\d+\.\d+\.\d+-bookworm@sha256:[0-9a-f]{64}$/);
  });
});
