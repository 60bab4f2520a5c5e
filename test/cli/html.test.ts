import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ciWorkflow, token } from '../../lab/index.ts';
import { expectSelfContained, named, read, textOf } from '../report/html-reader.ts';
import { hasBrowser, launchBrowser, WITHOUT_BROWSER } from '../support/browser.ts';
import { withProject } from './lab-project.ts';

/** The name of the project's folder, and where a dependency comes from, as an attacker would write them. */
const FOLDER = '<img src=x onerror=alert(1)>';
const ADDRESS = `git+https://evil.example/"'<script>document.title='forged'</script>.git`;

interface Page {
  readonly path: string;
  readonly text: string;
}

/** Runs `work` with the page about a project of which p lost its provenance and evil comes from anywhere. */
function withPage(work: (page: Page) => Promise<void> | void): Promise<void> {
  return withProject(async ({ lab, folder, run, edit }) => {
    await lab.publish({ name: 'q', version: '1.0.0', by: ciWorkflow({ repository: 'team/q' }) });
    await lab.publish({ name: 'p', version: '1.0.0', by: ciWorkflow({ repository: 'team/p' }) });
    lab.clock.advance(86_400_000);
    const manifest = { dependencies: { q: '1.0.0' } };
    await lab.publish({ name: 'p', version: '1.0.1', by: token({ user: 'thief' }), manifest });
    mkdirSync(join(folder, FOLDER));
    await lab.writeProject(join(folder, FOLDER), { p: '1.0.1' });
    edit(`${FOLDER}/package-lock.json`, (text) => {
      const lockfile = JSON.parse(text) as { packages: Record<string, unknown> };
      const resolved = `${ADDRESS}#${'a'.repeat(40)}`;
      lockfile.packages['node_modules/evil'] = { version: '1.0.0', resolved };
      return JSON.stringify(lockfile, null, 2);
    });
    const { status, stderr } = await run('--recursive', '--enforce', 'critical', '--output', 'html=report.html');
    expect([status, stderr]).toEqual([1, '']);
    const path = join(folder, 'report.html');
    await work({ path, text: readFileSync(path, 'utf8') });
  });
}

describe('the HTML report of a project', () => {
  it('fetches nothing and runs nothing but its own, whatever names there are', async () => {
    await withPage(({ text }) => expectSelfContained(text, 2));
  });

  it('has everything to read without a script', async () => {
    await withPage(({ text }) => {
      const { elements } = read(text);
      expect(named(elements, 'header').map(textOf).join()).toContain('fails: 1 of 3 dependencies does not meet phase');
      const [evil = '', p = '', q = '', ...others] = named(elements, 'article').map(textOf);
      expect(others).toEqual([]);
      expect(evil).toMatch(/^evil@1\.0\.0/);
      expect(evil).toContain(ADDRESS);
      expect(evil).toContain(`${FOLDER}/package-lock.json:`);
      expect(p).toMatch(/^p@1\.0\.1 error provenance-lost: .*Asks for q@1\.0\.0/);
      expect(q).toMatch(/built by repository https:\/\/github\.com\/team\/q/);
    });
  });

  it.skipIf(!hasBrowser)(
    `opens from a disk without a request or a complaint${WITHOUT_BROWSER}`,
    { timeout: 60_000 },
    async () => {
      await withPage(async ({ path }) => {
        const browser = await launchBrowser();
        try {
          const page = await browser.newPage();
          const happened: string[] = [];
          page.on('console', (message) => happened.push(message.text()));
          page.on('pageerror', (error) => happened.push(error.message));
          page.on('dialog', (dialog) => void dialog.dismiss().then(() => happened.push('a dialog')));
          page.on('request', (request) => happened.push(request.url()));
          const { href } = pathToFileURL(path);
          await page.goto(href);
          await page.locator('#search').fill('evil');
          await page.locator('#table tr.on a').click();
          expect(await page.locator('tr.opened').innerText()).toContain(ADDRESS);
          expect(await page.title()).toBe('assay: fails');
          expect(happened).toEqual([href]);
        } finally {
          await browser.close();
        }
      });
    },
  );
});
