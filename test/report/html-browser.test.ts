import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderHtml } from '../../src/report/html/index.ts';
import { hasBrowser, launchBrowser, WITHOUT_BROWSER } from '../support/browser.ts';
import { pageReport } from './html-reports.ts';
import { removeFolder } from '../support/remove-folder.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe.skipIf(!hasBrowser)(`the page in Chromium${WITHOUT_BROWSER}`, () => {
  let folder: string;
  let browser: Browser;
  /** What the page complained about, and what it asked for beside itself. */
  let complaints: string[];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'assay-html-'));
    for (const size of [0, 30, 3000]) writeFileSync(join(folder, `${size}.html`), renderHtml(pageReport(size)));
    browser = await launchBrowser();
  }, 120_000);

  afterAll(async () => {
    await browser.close();
    removeFolder(folder);
  });

  async function open(size: number, options: Parameters<Browser['newPage']>[0] = {}, hash = ''): Promise<Page> {
    const page = await browser.newPage({ viewport: { width: 1024, height: 768 }, ...options });
    complaints = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!request.isNavigationRequest()) complaints.push(`asked for ${request.url()}`);
    });
    await page.goto(pathToFileURL(join(folder, `${size}.html`)).href + hash);
    return page;
  }

  const rowsOf = (page: Page): Promise<string[]> =>
    page.locator('#table > tbody > tr.on:not(.opened) > th').allInnerTexts();

  test.each([0, 30, 3000])('has no errors and asks for nothing with %i dependencies', async (size) => {
    const page = await open(size);
    expect(await page.locator('h1').innerText()).toBe('assay report');
    expect(complaints).toEqual([]);
    expect(await page.locator('*').count()).toBeLessThan(40_000);
    await page.close();
  });

  test('is never wider than a narrow screen', async () => {
    for (const size of [0, 30]) {
      const page = await open(size, { viewport: { width: 360, height: 740 } });
      expect(await page.evaluate(`document.documentElement.scrollWidth`)).toBeLessThanOrEqual(360);
      await page.close();
    }
  });

  test('has no word cut in the columns of a narrow screen, and both versions side by side', async () => {
    const page = await open(30, { viewport: { width: 360, height: 740 } });
    const heights = `[...document.querySelectorAll('#table tr.on > td.provenance')].map((cell) => cell.clientHeight)`;
    const line = `parseFloat(getComputedStyle(document.querySelector('#table td')).lineHeight)`;
    expect(Math.min(...(await page.evaluate<number[]>(heights)))).toBeLessThan(2 * (await page.evaluate<number>(line)));
    const columns = await page.locator('.beside').first().locator('thead th').all();
    for (const column of columns) {
      const box = await column.boundingBox();
      expect((box?.x ?? 0) + (box?.width ?? Infinity)).toBeLessThanOrEqual(360);
    }
    await page.close();
  });

  test.each([360, 1920])('draws marks that can be told apart and hit, %i wide', async (width) => {
    const page = await open(3000, { viewport: { width, height: 800 } });
    const drawing = page.locator('#map svg').nth(1);
    const columns = Number((await drawing.getAttribute('viewBox'))?.split(' ')[2]) / 12;
    await drawing.scrollIntoViewIfNeeded();
    const size = ((await drawing.boundingBox())?.width ?? 0) / columns;
    expect(size).toBeGreaterThanOrEqual(12);
    // The first of the second row.
    await drawing.click({ position: { x: size / 2, y: size * 1.5 } });
    const { layers } = JSON.parse(await page.locator('#graph').innerText()) as { layers: number[][] };
    const index = layers[1]?.[columns] ?? -1;
    expect(await page.locator('tr.opened h3').innerText()).toBe(
      (await page.locator(`#d${index} th`).innerText()).trim(),
    );
    await page.close();
  });

  test('searches, and says how many there are, also to a screen reader', async () => {
    const page = await open(3000);
    expect(await page.locator('#shown').getAttribute('role')).toBe('status');
    await page.locator('#search').fill('axios-11@');
    expect(await page.locator('#shown').innerText()).toBe('1 of 3000 dependencies');
    expect(await rowsOf(page)).toEqual(['axios-11@4.11.1']);
    await page.locator('#search').fill('no such thing');
    expect(await rowsOf(page)).toEqual([]);
    await page.locator('button[type=reset]').click();
    expect(await page.locator('#shown').innerText()).toBe('3000 dependencies');
    expect(await rowsOf(page)).toHaveLength(200);
    await page.locator('#more').click();
    expect(await rowsOf(page)).toHaveLength(1200);
    await page.close();
  });

  test('filters by what is proven and by finding, also from the list of findings', async () => {
    const page = await open(30);
    await page.locator('select[name=v]').selectOption('fail');
    expect(await rowsOf(page)).toEqual(['axios@1.0.1', 'path@2.5.1']);
    await page.locator('[data-show=evidence-unavailable]').click();
    expect(await rowsOf(page)).toEqual(['event-17@2.2.1']);
    expect(await page.locator('select[name=v]').inputValue()).toBe('');
    await page.close();
  });

  test('sorts by a column, by keyboard, and says so', async () => {
    const page = await open(30);
    const header = page.locator('#table th[data-by=v]');
    await page.locator('#table th[data-by=name] button').focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await header.getAttribute('aria-sort')).toBe('ascending');
    expect((await rowsOf(page)).slice(0, 3)).toEqual(['axios@1.0.1', 'path@2.5.1', 'event-17@2.2.1']);
    await page.keyboard.press('Space');
    expect(await header.getAttribute('aria-sort')).toBe('descending');
    expect((await rowsOf(page)).slice(-2)).toEqual(['axios@1.0.1', 'path@2.5.1']);
    expect(await page.locator('#table th[data-by=name]').getAttribute('aria-sort')).toBe('none');
    await page.close();
  });

  test('opens details in place by keyboard and gives the focus back', async () => {
    const page = await open(30);
    const anchor = page.locator('#d0 a');
    await anchor.focus();
    await page.keyboard.press('Enter');
    expect(await page.evaluate(`document.activeElement.tagName`)).toBe('H3');
    expect(await anchor.getAttribute('aria-expanded')).toBe('true');
    expect(await page.locator('tr.opened article').count()).toBe(1);
    await page.locator('tr.opened button').press('Enter');
    expect(await page.locator('tr.opened').count()).toBe(0);
    expect(await page.evaluate(`document.activeElement.getAttribute('href')`)).toBe('#x0');
    await page.close();
  });

  test('opens what an address names, and a dependency that a filter hides', async () => {
    const page = await open(3000, {}, '#x2500');
    expect(await page.locator('tr.opened h3').innerText()).toBe((await page.locator('#d2500 th').innerText()).trim());
    await page.locator('#search').fill('axios@');
    await page.locator('#attention ~ section a').nth(1).click();
    expect(await page.locator('tr.opened').count()).toBeGreaterThan(1);
    await page.close();
  });

  test('walks the tree by keyboard', async () => {
    const page = await open(30);
    const focused = (): Promise<string> =>
      page.evaluate(`document.activeElement.querySelector('.line > span').innerText`);
    await page.locator('#tree [role=treeitem]').first().focus();
    expect(await focused()).toContain('axios@1.0.1');
    await page.keyboard.press('ArrowRight');
    expect(await page.evaluate(`document.activeElement.getAttribute('aria-expanded')`)).toBe('true');
    await page.keyboard.press('ArrowDown');
    expect(await page.evaluate(`document.activeElement.getAttribute('aria-level')`)).toBe('2');
    await page.keyboard.press('ArrowLeft');
    expect(await focused()).toContain('axios@1.0.1');
    await page.keyboard.press('End');
    await page.keyboard.press('Home');
    expect(await focused()).toContain('axios@1.0.1');
    expect(await page.locator('#tree [tabindex="0"]').count()).toBe(1);
    await page.keyboard.press('Enter');
    expect(await page.locator('tr.opened article h3').innerText()).toBe('axios@1.0.1');
    await page.close();
  });

  test('shows in the tree only what leads to something', async () => {
    const page = await open(30);
    await page.locator('#leading').selectOption('unverified');
    const roots = await page.locator('#tree > [role=treeitem] > .line > span:first-child').allInnerTexts();
    expect(roots.length).toBeGreaterThan(0);
    for (let level = 1; level < 6; level += 1) {
      const closed = page.locator('#tree [aria-expanded=false]').first();
      if ((await closed.count()) === 0) break;
      await closed.locator('> .line').click();
    }
    expect(await page.locator('#tree').innerText()).toContain('event-17@2.2.1');
    await page.close();
  });

  test('has everything without a script', async () => {
    const page = await open(30, { javaScriptEnabled: false });
    expect(await page.locator('article').count()).toBe(30);
    expect(await page.locator('#table > tbody > tr').count()).toBe(30);
    expect(await page.locator('#x0').isVisible()).toBe(true);
    expect(await page.locator('#filters').isVisible()).toBe(false);
    await page.close();
  });

  test.each(['light', 'dark'] as const)('has nothing that axe finds inaccessible, %s', async (colorScheme) => {
    for (const viewport of [
      { width: 1024, height: 768 },
      { width: 360, height: 740 },
    ]) {
      const page = await open(30, { colorScheme, viewport }, '#x0');
      await page.locator('#tree [role=treeitem] > .line').first().click();
      const found = await page.evaluate<string[]>(
        `(() => { ${AXE}; return axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.slice(0, 3).map(({ html, any }) => html.slice(0, 150) + ' ' + any.map((a) => a.message).join()).join(' | '))); })()`,
      );
      expect(found).toEqual([]);
      await page.close();
    }
  });
});
