import { MAP_SCRIPT } from './map-script.ts';

/** Runs before the page is laid out: what a script will show step by step is hidden from the start. */
export const EARLY_SCRIPT = `document.documentElement.classList.add('js');`;

/**
 * Makes the page's tables and its tree work: search, filters, sorting, details in place, the tree of dependencies, and
 * names on the map. It shows only what is in the page already, and asks nothing of anybody.
 */
export const SCRIPT = String.raw`'use strict';
const byId = (id) => document.getElementById(id);
const make = (tag, attributes, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
};
const countText = (number, one, many) => number + ' ' + (number === 1 ? one : many);

// The table: rows as they stand, with what is searched and sorted by.
const PAGE = 200;
const VERDICTS = ['fail', 'unverified', 'warn', 'pass'];
const PROVEN = ['nothing', 'hash', 'signature', 'held', 'provenance'];
const body = document.querySelector('#table > tbody');
const rows = [...body.rows].map((row, index) => {
  const { v, p, k, c, t, s } = row.dataset;
  const name = row.cells[0].textContent.trim();
  return { row, index, name, v, p, s, t, c, k, kinds: k.split(' '), codes: c.split(' '), text: (name + ' ' + c).toLowerCase(), detail: null };
});
const KEYS = {
  name: (row) => row.index,
  v: (row) => VERDICTS.indexOf(row.v),
  p: (row) => PROVEN.indexOf(row.p),
  c: (row) => (row.c === '' ? 0 : -row.codes.length),
  k: (row) => row.k,
  t: (row) => row.t,
};
const form = byId('filters');
let order = rows;
let limit = PAGE;
let matching = rows;

const matches = () => {
  const words = byId('search').value.toLowerCase().split(/\s+/).filter(Boolean);
  const chosen = (name) => form.elements[name].value;
  const [v, p, c, k] = ['v', 'p', 'c', 'k'].map(chosen);
  return (row) =>
    (v === '' || row.v === v) && (p === '' || row.p === p) && (c === '' || row.codes.includes(c)) &&
    (k === '' || row.kinds.includes(k)) && words.every((word) => row.text.includes(word));
};
const reveal = (most) => {
  limit = most;
  const visible = new Set(matching.slice(0, limit));
  for (const row of rows) {
    row.row.classList.toggle('on', visible.has(row));
    if (row.detail !== null) row.detail.classList.toggle('on', visible.has(row));
  }
  const rest = matching.length - limit;
  byId('more').hidden = rest <= 0;
  byId('more').textContent = 'Show ' + Math.min(rest, 1000) + ' more of ' + rest;
};
const apply = () => {
  matching = order.filter(matches());
  reveal(PAGE);
  byId('shown').textContent =
    matching.length === rows.length
      ? countText(rows.length, 'dependency', 'dependencies')
      : matching.length + ' of ' + countText(rows.length, 'dependency', 'dependencies');
};
form.addEventListener('input', apply);
form.addEventListener('submit', (event) => event.preventDefault());
const empty = () => {
  for (const control of form.querySelectorAll('input, select')) control.value = '';
};
// By itself the form would be empty only after this.
form.addEventListener('reset', (event) => {
  event.preventDefault();
  empty();
  apply();
});
byId('more').addEventListener('click', () => {
  const next = matching[limit];
  reveal(limit + 1000);
  next.row.cells[0].querySelector('a').focus();
});

const headers = [...document.querySelectorAll('#table > thead th')];
const sortBy = (header) => {
  const descending = header.getAttribute('aria-sort') === 'ascending';
  for (const other of headers) other.setAttribute('aria-sort', 'none');
  header.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
  const key = KEYS[header.dataset.by];
  const compare = (a, b) => {
    const [x, y] = [key(a), key(b)];
    // What is not known comes last, whichever way.
    if (x === '' || y === '') return (x === '') - (y === '');
    return (x < y ? -1 : x > y ? 1 : 0) * (descending ? -1 : 1);
  };
  order = [...rows].sort((a, b) => compare(a, b) || a.index - b.index);
  const sorted = document.createDocumentFragment();
  for (const { row, detail } of order) sorted.append(row, ...(detail === null ? [] : [detail]));
  body.append(sorted);
  apply();
};
for (const header of headers) {
  const button = make('button', { type: 'button' }, header.textContent.trim());
  header.replaceChildren(button);
  header.setAttribute('aria-sort', header.dataset.by === 'name' ? 'ascending' : 'none');
  button.addEventListener('click', () => sortBy(header));
}

// Details open below their row. They are the page's own markup, and text until then.
const source = byId('details').textContent;
let starts = null;
const detailOf = (index) => {
  starts ??= [...source.matchAll(/<article id="x\d+">/g)].map((found) => found.index);
  const template = make('template', {});
  template.innerHTML = source.slice(starts[index], starts[index + 1]);
  return template.content.firstElementChild;
};
const close = (row) => {
  row.detail.remove();
  row.detail = null;
  row.row.cells[0].firstElementChild.setAttribute('aria-expanded', 'false');
};
const open = (index) => {
  const row = rows[index];
  if (row.detail === null) {
    if (!matching.includes(row)) empty();
    apply();
    const place = matching.indexOf(row);
    if (place >= limit) reveal(place + PAGE);
    const cell = make('td', { colspan: String(headers.length) }, detailOf(index));
    const button = make('button', { type: 'button' }, 'Close');
    cell.append(button);
    row.detail = make('tr', { class: 'opened on' }, cell);
    row.row.after(row.detail);
    row.row.cells[0].firstElementChild.setAttribute('aria-expanded', 'true');
    button.addEventListener('click', () => {
      close(row);
      row.row.cells[0].firstElementChild.focus();
    });
  }
  row.detail.querySelector('h3').focus({ preventScroll: true });
  const isBelow = row.detail.getBoundingClientRect().bottom > innerHeight;
  row.row.scrollIntoView({ block: isBelow ? 'start' : 'nearest' });
};
const indexOf = (hash) => {
  const found = /^#x(\d+)$/.exec(hash);
  return found !== null && Number(found[1]) < rows.length ? Number(found[1]) : null;
};
document.addEventListener('click', (event) => {
  const anchor = event.target instanceof Element ? event.target.closest('a[href^="#x"]') : null;
  const index = anchor === null ? null : indexOf(anchor.hash);
  if (index === null || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const row = rows[index];
  if (row.detail !== null && anchor.closest('th') === row.row.cells[0]) {
    close(row);
    anchor.focus();
    return;
  }
  open(index);
  history.replaceState(null, '', anchor.hash);
});
const openLinked = () => {
  const index = indexOf(location.hash);
  if (index !== null) open(index);
};
window.addEventListener('hashchange', openLinked);
for (const button of document.querySelectorAll('[data-show]')) {
  button.addEventListener('click', () => {
    empty();
    form.elements.c.value = button.dataset.show;
    apply();
    byId('table').scrollIntoView();
    headers[0].firstElementChild.focus({ preventScroll: true });
  });
}
byId('all-details').addEventListener('click', ({ currentTarget }) => {
  const template = make('template', {});
  template.innerHTML = source;
  for (const article of template.content.children) article.removeAttribute('id');
  byId('all').append(template.content);
  currentTarget.remove();
  byId('all').querySelector('h3').focus();
});
window.addEventListener('beforeprint', () => reveal(Infinity));
window.addEventListener('afterprint', () => reveal(PAGE));
apply();

// The tree: what is below a dependency is made when it is opened.
const { requires, layers } = JSON.parse(byId('graph').textContent);
const tree = byId('tree');
const known = requires.some((targets) => targets.length > 0);
const ROOTS = 300;
const reachable = (starts, next) => {
  const seen = new Set(starts);
  for (const index of seen) for (const target of next[index]) seen.add(target);
  return seen;
};
const requiredBy = requires.map(() => []);
requires.forEach((targets, index) => targets.forEach((target) => requiredBy[target].push(index)));
const WANTED = {
  fails: (row) => row.s === 'fails',
  unverified: (row) => row.s === 'unverified',
  unproven: (row) => row.p !== 'provenance' && row.p !== 'held',
};
let leading = null;

const belowText = (index) => {
  const below = reachable([index], requires);
  below.delete(index);
  if (below.size === 0) return '';
  const having = (test) => [...below].filter((each) => test(rows[each])).length;
  const proven = having((row) => row.p === 'provenance' || row.p === 'held');
  const failing = having((row) => row.s === 'fails');
  const silent = having((row) => row.s === 'unverified');
  return 'brings ' + below.size + ', ' + proven + ' with provenance' +
    (failing > 0 ? ', ' + failing + (failing === 1 ? ' fails' : ' fail') : '') + (silent > 0 ? ', ' + silent + ' without statement' : '');
};
const WORDS = Object.fromEntries(rows.map(({ p, row }) => [p, row.cells[2].textContent.trim()]));
const childrenOf = (index) => (leading === null ? requires[index] : requires[index].filter((target) => leading.has(target)));
const treeItem = (index, above, position, size) => {
  const row = rows[index];
  const isAgain = above.includes(index);
  const word = row.s === 'fails' ? 'fails' : row.s === 'unverified' ? 'no statement' : WORDS[row.p];
  const line = make('span', { class: 'line' },
    make('span', { 'data-s': row.s }, row.name),
    make('span', { class: 'below' }, word + (isAgain ? ', is above already' : '')),
    make('span', { class: 'below' }, isAgain ? '' : belowText(index)));
  const item = make('li', { role: 'treeitem', tabindex: '-1', 'aria-level': String(above.length + 1), 'aria-posinset': String(position), 'aria-setsize': String(size) }, line);
  item.dataset.index = String(index);
  item.above = above;
  if (!isAgain && childrenOf(index).length > 0) item.setAttribute('aria-expanded', 'false');
  return item;
};
const setExpanded = (item, expanded) => {
  if (item.getAttribute('aria-expanded') === null) return;
  item.setAttribute('aria-expanded', String(expanded));
  const group = item.querySelector(':scope > [role=group]');
  if (group !== null) group.hidden = !expanded;
  if (group !== null || !expanded) return;
  const index = Number(item.dataset.index);
  const children = childrenOf(index);
  item.append(make('ul', { role: 'group' }, ...children.map((child, i) => treeItem(child, [...item.above, index], i + 1, children.length))));
};
const focusItem = (item) => {
  if (item === undefined || item === null) return;
  for (const other of tree.querySelectorAll('[tabindex="0"]')) other.tabIndex = -1;
  item.tabIndex = 0;
  item.focus();
};
const visibleItems = () => [...tree.querySelectorAll('[role=treeitem]')].filter((item) => item.closest('[hidden]') === null);
const buildTree = () => {
  const choice = byId('leading').value;
  leading = choice === '' ? null : reachable(rows.filter(WANTED[choice]).map(({ index }) => index), requiredBy);
  const direct = rows.filter((row) => row.kinds.includes('direct') && (leading === null || leading.has(row.index)));
  const roots = direct.slice(0, ROOTS);
  tree.replaceChildren(...roots.map(({ index }, i) => treeItem(index, [], i + 1, roots.length)));
  if (tree.firstElementChild !== null) tree.firstElementChild.tabIndex = 0;
  const rest = direct.length - roots.length;
  byId('tree-count').textContent = countText(direct.length, 'direct dependency', 'direct dependencies') + (choice === '' ? '' : ' on the way to it') +
    (rest > 0 ? '; the first ' + ROOTS + ' are here' : '');
};
if (known) {
  byId('leading').addEventListener('change', buildTree);
  buildTree();
} else {
  byId('tree-controls').hidden = true;
  tree.remove();
}
tree.addEventListener('click', ({ target }) => {
  const item = target.closest('[role=treeitem]');
  if (item === null || target.closest('.line') === null) return;
  setExpanded(item, item.getAttribute('aria-expanded') === 'false');
  focusItem(item);
});
tree.addEventListener('dblclick', ({ target }) => {
  const item = target.closest('[role=treeitem]');
  if (item !== null) open(Number(item.dataset.index));
});
tree.addEventListener('keydown', (event) => {
  const item = event.target.closest('[role=treeitem]');
  if (item === null || event.ctrlKey || event.metaKey || event.altKey) return;
  const items = visibleItems();
  const at = items.indexOf(item);
  const expanded = item.getAttribute('aria-expanded');
  const keys = {
    ArrowDown: () => focusItem(items[at + 1]),
    ArrowUp: () => focusItem(items[at - 1]),
    Home: () => focusItem(items[0]),
    End: () => focusItem(items.at(-1)),
    ArrowRight: () => (expanded === 'true' ? focusItem(items[at + 1]) : setExpanded(item, true)),
    ArrowLeft: () => (expanded === 'true' ? setExpanded(item, false) : focusItem(item.parentElement.closest('[role=treeitem]'))),
    ' ': () => setExpanded(item, expanded === 'false'),
    Enter: () => open(Number(item.dataset.index)),
  };
  const letter = event.key.toLowerCase();
  const typed = () => focusItem([...items.slice(at + 1), ...items.slice(0, at)].find((each) => rows[Number(each.dataset.index)].name.replace('@', '').startsWith(letter)));
  const action = keys[event.key] ?? (/^[a-z0-9]$/.test(letter) ? typed : undefined);
  if (action === undefined) return;
  event.preventDefault();
  action();
});

// The map.
${MAP_SCRIPT}openLinked();
`;
