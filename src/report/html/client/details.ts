import { around, byId, first, hasModifier, make } from './dom.ts';
import { rowOf, rows, type Row } from './rows.ts';
import { bringIn, columns } from './table.ts';

/** The details of all dependencies: the page's own markup, and text until they are opened. */
const source = byId('details').textContent;

export function startDetails(): void {
  document.addEventListener('click', (event) => {
    const anchor = around(event, 'a[href^="#x"]');
    const index = anchor === null ? null : indexOf((anchor as HTMLAnchorElement).hash);
    if (anchor === null || index === null || hasModifier(event)) return;
    event.preventDefault();
    const row = rowOf(index);
    if (row.detail !== null && anchor === row.link) {
      close(row);
      return;
    }
    open(index);
    history.replaceState(null, '', (anchor as HTMLAnchorElement).hash);
  });
  window.addEventListener('hashchange', openLinked);
  byId('all-details').addEventListener('click', () => {
    const all = parsed(source);
    for (const article of all.children) article.removeAttribute('id');
    byId('all').append(all);
    byId('all-details').remove();
    byId('all').querySelector('h3')?.focus();
  });
}

/** Opens what the page's address names. */
export function openLinked(): void {
  const index = indexOf(location.hash);
  if (index !== null) open(index);
}

/** Opens the details of a dependency below its row, and goes there. */
export function open(index: number): void {
  const row = rowOf(index);
  const detail = row.detail ?? opened(row);
  detail.querySelector('h3')?.focus({ preventScroll: true });
  const isBelow = detail.getBoundingClientRect().bottom > innerHeight;
  row.row.scrollIntoView({ block: isBelow ? 'start' : 'nearest' });
}

function opened(row: Row): HTMLTableRowElement {
  bringIn(row);
  const button = make('button', { type: 'button' }, 'Close');
  const cell = make('td', { colspan: String(columns) }, detailOf(row.index), button);
  const detail = make('tr', { class: 'opened on' }, cell);
  row.detail = detail;
  row.row.after(detail);
  row.link.setAttribute('aria-expanded', 'true');
  button.addEventListener('click', () => close(row));
  return detail;
}

function close(row: Row): void {
  row.detail?.remove();
  row.detail = null;
  row.link.setAttribute('aria-expanded', 'false');
  row.link.focus();
}

let starts: readonly number[] | null = null;

function detailOf(index: number): HTMLElement {
  starts ??= [...source.matchAll(/<article id="x\d+">/g)].map((found) => found.index);
  return first(parsed(source.slice(starts[index], starts[index + 1])), 'article');
}

function parsed(markup: string): DocumentFragment {
  const template = make('template', {});
  template.innerHTML = markup;
  return template.content;
}

function indexOf(hash: string): number | null {
  const found = /^#x(\d+)$/.exec(hash);
  return found !== null && Number(found[1]) < rows.length ? Number(found[1]) : null;
}
