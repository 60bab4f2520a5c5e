import type { PageData } from './data.ts';
import { open } from './details.ts';
import { around, byId, countText, hasModifier, make } from './dom.ts';
import { isProven, rowOf, rows, type Row } from './rows.ts';

/** Direct dependencies that the tree shows at most. */
const ROOTS = 300;

type Edges = PageData['requires'];

/** Dependencies that a tree can lead to. */
const WANTED: Readonly<Record<string, (row: Row) => boolean>> = {
  fails: (row) => row.state === 'fails',
  unverified: (row) => row.state === 'unverified',
  unproven: (row) => !isProven(row),
};

const tree = byId('tree');
/** For each item of the tree, the dependencies above it. */
const ABOVE = new WeakMap<Element, readonly number[]>();

/** The tree of who brings what. What is below a dependency is made when it is opened. */
export function startTree({ requires }: PageData): void {
  if (requires.every((targets) => targets.length === 0)) {
    byId('tree-controls').hidden = true;
    tree.remove();
    return;
  }
  const requiredBy = reversed(requires);
  /** What leads to the wanted dependencies; null where everything is wanted. */
  let leading: ReadonlySet<number> | null = null;

  const childrenOf = (index: number): readonly number[] =>
    (requires[index] ?? []).filter((target) => leading?.has(target) ?? true);

  const item = (index: number, above: readonly number[], position: number, size: number): HTMLElement => {
    const row = rowOf(index);
    const isAgain = above.includes(index);
    const line = make(
      'span',
      { class: 'line' },
      make('span', { 'data-s': row.state }, row.name),
      make('span', { class: 'below' }, `${stateText(row)}${isAgain ? ', is above already' : ''}`),
      make('span', { class: 'below' }, isAgain ? '' : belowText(index, requires)),
    );
    const element = make('li', { role: 'treeitem', tabindex: '-1', 'data-index': String(index) }, line);
    element.setAttribute('aria-level', String(above.length + 1));
    element.setAttribute('aria-posinset', String(position));
    element.setAttribute('aria-setsize', String(size));
    ABOVE.set(element, above);
    if (!isAgain && childrenOf(index).length > 0) element.setAttribute('aria-expanded', 'false');
    return element;
  };

  const setExpanded = (element: HTMLElement, expanded: boolean): void => {
    if (!element.hasAttribute('aria-expanded')) return;
    element.setAttribute('aria-expanded', String(expanded));
    const group = element.querySelector<HTMLElement>(':scope > [role=group]');
    if (group !== null) group.hidden = !expanded;
    if (group !== null || !expanded) return;
    const above = [...(ABOVE.get(element) ?? []), indexOf(element)];
    const children = childrenOf(indexOf(element));
    const items = children.map((child, i) => item(child, above, i + 1, children.length));
    element.append(make('ul', { role: 'group' }, ...items));
  };

  const build = (): void => {
    const choice = (byId('leading') as HTMLSelectElement).value;
    const wanted = WANTED[choice];
    leading =
      wanted === undefined
        ? null
        : reachable(
            rows.filter(wanted).map(({ index }) => index),
            requiredBy,
          );
    const direct = rows.filter((row) => row.kinds.includes('direct') && (leading?.has(row.index) ?? true));
    const roots = direct.slice(0, ROOTS);
    const items = roots.map(({ index }, i) => item(index, [], i + 1, roots.length));
    tree.replaceChildren(...items);
    if (items[0] !== undefined) items[0].tabIndex = 0;
    byId('tree-count').textContent =
      countText(direct.length, 'direct dependency', 'direct dependencies') +
      (wanted === undefined ? '' : ' on the way to it') +
      (direct.length > roots.length ? `; the first ${ROOTS} are here` : '');
  };

  byId('leading').addEventListener('change', build);
  tree.addEventListener('click', (event) => {
    const element = around(event, '[role=treeitem]');
    if (element === null || around(event, '.line') === null) return;
    setExpanded(element, element.getAttribute('aria-expanded') === 'false');
    focusItem(element);
  });
  tree.addEventListener('dblclick', (event) => {
    const element = around(event, '[role=treeitem]');
    if (element !== null) open(indexOf(element));
  });
  tree.addEventListener('keydown', (event) => {
    const element = around(event, '[role=treeitem]');
    if (element === null || hasModifier(event) || event.altKey) return;
    const action = actionOf(event.key, element, setExpanded);
    if (action === undefined) return;
    event.preventDefault();
    action();
  });
  build();
}

/** What a key does on an item (the tree pattern of the ARIA Authoring Practices). */
function actionOf(
  key: string,
  element: HTMLElement,
  setExpanded: (element: HTMLElement, expanded: boolean) => void,
): (() => void) | undefined {
  const items = [...tree.querySelectorAll<HTMLElement>('[role=treeitem]')].filter(
    (each) => each.closest('[hidden]') === null,
  );
  const at = items.indexOf(element);
  const expanded = element.getAttribute('aria-expanded');
  const keys: Readonly<Record<string, () => void>> = {
    ArrowDown: () => focusItem(items[at + 1]),
    ArrowUp: () => focusItem(items[at - 1]),
    Home: () => focusItem(items[0]),
    End: () => focusItem(items.at(-1)),
    ArrowRight: () => (expanded === 'true' ? focusItem(items[at + 1]) : setExpanded(element, true)),
    ArrowLeft: () =>
      expanded === 'true'
        ? setExpanded(element, false)
        : focusItem(element.parentElement?.closest<HTMLElement>('[role=treeitem]')),
    ' ': () => setExpanded(element, expanded === 'false'),
    Enter: () => open(indexOf(element)),
  };
  const letter = key.toLowerCase();
  const typed = (): void => {
    const others = [...items.slice(at + 1), ...items.slice(0, at)];
    focusItem(others.find((each) => rowOf(indexOf(each)).name.replace('@', '').startsWith(letter)));
  };
  return keys[key] ?? (/^[a-z0-9]$/.test(letter) ? typed : undefined);
}

/** One item alone is reached by the tab key: the one that had the focus last. */
function focusItem(element: HTMLElement | null | undefined): void {
  if (element === undefined || element === null) return;
  for (const other of tree.querySelectorAll<HTMLElement>('[tabindex="0"]')) other.tabIndex = -1;
  element.tabIndex = 0;
  element.focus();
}

function indexOf(element: HTMLElement): number {
  return Number(element.dataset['index']);
}

function stateText({ state, provenText }: Row): string {
  if (state === 'fails') return 'fails';
  return state === 'unverified' ? 'no statement' : provenText;
}

function belowText(index: number, requires: Edges): string {
  const below = reachable([index], requires);
  below.delete(index);
  if (below.size === 0) return '';
  const brought = [...below].map(rowOf);
  const numberOf = (test: (row: Row) => boolean): number => brought.filter(test).length;
  const failing = numberOf((row) => row.state === 'fails');
  const silent = numberOf((row) => row.state === 'unverified');
  return [
    `brings ${below.size}`,
    `${numberOf(isProven)} with provenance`,
    ...(failing > 0 ? [countText(failing, 'fails', 'fail')] : []),
    ...(silent > 0 ? [`${silent} without statement`] : []),
  ].join(', ');
}

function reachable(starts: readonly number[], next: Edges): Set<number> {
  const seen = new Set(starts);
  // What is added while a set is walked through is walked through as well.
  for (const index of seen) for (const target of next[index] ?? []) seen.add(target);
  return seen;
}

function reversed(edges: Edges): Edges {
  const back: number[][] = edges.map(() => []);
  for (const [index, targets] of edges.entries()) for (const target of targets) back[target]?.push(index);
  return back;
}
