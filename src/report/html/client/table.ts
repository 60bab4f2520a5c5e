import { byId, countText, make } from './dom.ts';
import { rows, tableBody, type Row } from './rows.ts';

/** Rows at first, and more of them with each click. */
const PAGE = 200;
const MORE = 1000;

/** The gravest first. */
const VERDICTS = ['fail', 'unverified', 'warn', 'pass'];
const PROVEN = ['nothing', 'hash', 'signature', 'held', 'provenance'];
const KEYS: Readonly<Record<string, (row: Row) => number | string>> = {
  name: (row) => row.index,
  v: (row) => VERDICTS.indexOf(row.verdict),
  p: (row) => PROVEN.indexOf(row.proven),
  c: (row) => -row.codes.length,
  k: (row) => row.kinds.join(' '),
  t: (row) => row.published,
};

const form = byId('filters') as HTMLFormElement;
const more = byId('more');
const headers = [...document.querySelectorAll<HTMLElement>('#table > thead th')];

/** All rows in their order, those that fit the filters, and how many of them are shown at most. */
let order = rows;
let matching = rows;
let limit = PAGE;

export const columns = headers.length;

export function startTable(): void {
  form.addEventListener('input', apply);
  form.addEventListener('submit', (event) => event.preventDefault());
  // By itself the form would be empty only after this.
  form.addEventListener('reset', (event) => {
    event.preventDefault();
    clearFilters();
    apply();
  });
  more.addEventListener('click', () => {
    const next = matching[limit];
    reveal(limit + MORE);
    next?.link.focus();
  });
  for (const header of headers) {
    const button = make('button', { type: 'button' }, header.textContent.trim());
    header.replaceChildren(button);
    header.setAttribute('aria-sort', header.dataset['by'] === 'name' ? 'ascending' : 'none');
    button.addEventListener('click', () => sortBy(header));
  }
  for (const button of document.querySelectorAll<HTMLElement>('[data-show]')) {
    button.addEventListener('click', () => showFinding(button.dataset['show'] ?? ''));
  }
  window.addEventListener('beforeprint', () => reveal(Infinity));
  window.addEventListener('afterprint', () => reveal(PAGE));
  apply();
}

/** Makes a row one of those that are shown, if need be without the filters. */
export function bringIn(row: Row): void {
  if (!matching.includes(row)) clearFilters();
  apply();
  const place = matching.indexOf(row);
  if (place >= limit) reveal(place + PAGE);
}

function showFinding(code: string): void {
  clearFilters();
  choice('c').value = code;
  apply();
  byId('table').scrollIntoView();
  headers[0]?.querySelector('button')?.focus({ preventScroll: true });
}

function apply(): void {
  matching = order.filter(filter());
  reveal(PAGE);
  const all = countText(rows.length, 'dependency', 'dependencies');
  byId('shown').textContent = matching.length === rows.length ? all : `${matching.length} of ${all}`;
}

function filter(): (row: Row) => boolean {
  const words = (byId('search') as HTMLInputElement).value.toLowerCase().split(/\s+/).filter(Boolean);
  const [verdict, proven, code, kind] = [choice('v').value, choice('p').value, choice('c').value, choice('k').value];
  return (row) =>
    (verdict === '' || row.verdict === verdict) &&
    (proven === '' || row.proven === proven) &&
    (code === '' || row.codes.includes(code)) &&
    (kind === '' || row.kinds.includes(kind)) &&
    words.every((word) => row.text.includes(word));
}

function choice(name: string): HTMLSelectElement {
  return form.elements.namedItem(name) as HTMLSelectElement;
}

function clearFilters(): void {
  for (const control of form.querySelectorAll<HTMLInputElement | HTMLSelectElement>('input, select'))
    control.value = '';
}

function reveal(most: number): void {
  limit = most;
  const visible = new Set(matching.slice(0, limit));
  for (const row of rows) {
    row.row.classList.toggle('on', visible.has(row));
    row.detail?.classList.toggle('on', visible.has(row));
  }
  const rest = matching.length - limit;
  more.hidden = rest <= 0;
  more.textContent = `Show ${Math.min(rest, MORE)} more of ${rest}`;
}

function sortBy(header: HTMLElement): void {
  const descending = header.getAttribute('aria-sort') === 'ascending';
  for (const other of headers) other.setAttribute('aria-sort', 'none');
  header.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
  const key = KEYS[header.dataset['by'] ?? ''] ?? ((row: Row) => row.index);
  const compare = (a: Row, b: Row): number => {
    const [x, y] = [key(a), key(b)];
    // What is not known comes last, whichever way.
    if (x === '' || y === '') return Number(x === '') - Number(y === '');
    return (x < y ? -1 : x > y ? 1 : 0) * (descending ? -1 : 1);
  };
  order = [...rows].sort((a, b) => compare(a, b) || a.index - b.index);
  tableBody.append(...order.flatMap(({ row, detail }) => (detail === null ? [row] : [row, detail])));
  apply();
}
