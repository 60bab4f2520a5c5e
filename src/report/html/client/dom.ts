/** The page's element with an id. The markup has every one that is asked for. */
export function byId(id: string): HTMLElement {
  return found(document.getElementById(id), `#${id}`);
}

/** The first element below `parent` that fits a selector. */
export function first(parent: ParentNode, selector: string): HTMLElement {
  return found(parent.querySelector<HTMLElement>(selector), selector);
}

function found<T>(element: T | null, what: string): T {
  if (element === null) throw new Error(`The page has no ${what}.`);
  return element;
}

/** A new element with attributes and children. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>>,
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** The nearest element around the target of an event, itself included, that fits a selector. */
export function around({ target }: Event, selector: string): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>(selector) : null;
}

/** Whether a key is held that asks the browser for something of its own, such as another tab. */
export function hasModifier({ ctrlKey, metaKey }: MouseEvent | KeyboardEvent): boolean {
  return ctrlKey || metaKey;
}

export function countText(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}
